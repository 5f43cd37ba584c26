namespace RigKafka.Delivery;

/// <summary>
/// Runs the fan-out for as long as the node lives. A node is of no use without it: if it fails the host stops, with exit code 1.
/// </summary>
internal sealed class FanOutService(FanOut fanOut) : BackgroundService
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Reads before the server listens, so that all that is accepted is read.</summary>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _running = fanOut.Run(_stopping.Token);
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var stop = stoppingToken.UnsafeRegister(static stopping => ((CancellationTokenSource)stopping!).Cancel(), _stopping);
        try
        {
            await _running;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Environment.ExitCode = 1;
            throw;
        }
    }
}
