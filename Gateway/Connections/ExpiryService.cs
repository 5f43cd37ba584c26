namespace RigKafka.Connections;

/// <summary>The one clock for all tokens that end. The loops are not woken before something is due.</summary>
internal sealed class ExpiryService(ConnectionRegistry registry, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    private readonly PeriodicTimer _timer = new(Step, time);

    public override void Dispose()
    {
        _timer.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _timer.WaitForNextTickAsync(stoppingToken))
        {
            registry.LookAtDeadlines();
        }
    }
}
