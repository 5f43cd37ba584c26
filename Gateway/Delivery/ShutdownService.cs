using RigKafka.Connections;
using RigKafka.Log;

namespace RigKafka.Delivery;

/// <summary>
/// Ends a node in good order: makes safe what was accepted, then tells and ends every stream; only then does the server stop listening.
/// </summary>
internal sealed partial class ShutdownService(
    IMessageLog log, ConnectionRegistry registry, ShutdownOptions options, TimeProvider time, ILogger<ShutdownService> logger)
    : IHostedLifecycleService
{
    /// <summary>Called before any service is stopped.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(options.ShutdownTimeoutMs), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        LogStopping(registry.Open);
        try
        {
            await log.Drain(either.Token);
        }
        catch (OperationCanceledException)
        {
            LogNotDrained();
        }

        registry.CloseAll(CloseReason.Shutdown);
        try
        {
            await registry.WhenAllClosed().WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            LogBrokenOff(registry.Open);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1510, LogLevel.Information, "Stopping: ending {Connections} connections.", EventName = "Stopping")]
    private partial void LogStopping(int connections);

    [LoggerMessage(
        1511, LogLevel.Warning, "Stopping: the log could not make everything safe within SHUTDOWN_TIMEOUT_MS.", EventName = "NotDrained")]
    private partial void LogNotDrained();

    [LoggerMessage(
        1512, LogLevel.Warning, "Stopping: {Connections} connections did not end within SHUTDOWN_TIMEOUT_MS and are broken off.",
        EventName = "BrokenOff")]
    private partial void LogBrokenOff(int connections);
}
