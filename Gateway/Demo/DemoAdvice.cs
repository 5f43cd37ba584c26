namespace RigKafka.Demo;

/// <summary>Tells the operator at start what it means that there is a demo.</summary>
internal sealed partial class DemoAdvice(ILogger<DemoAdvice> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        LogOpen();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(2000, LogLevel.Warning,
        "DEMO_ENABLED is true: /demo on the API port signs a token for any user, for everybody who asks. Use it only to try things "
        + "out.",
        EventName = "DemoOpen")]
    private partial void LogOpen();
}
