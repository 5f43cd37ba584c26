namespace RigKafka.Connections;

/// <summary>The one clock for all tokens that end. The loops are not woken before something is due.</summary>
internal sealed class ExpiryService(ConnectionRegistry registry, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Step, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            registry.LookAtDeadlines();
        }
    }
}
