namespace RigKafka.Delivery;

/// <summary>Runs the fan-out for as long as the node lives. A node without it is of no use: if it fails the host stops, with exit code 1.</summary>
internal sealed class FanOutService(FanOut fanOut) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await fanOut.Run(stoppingToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Environment.ExitCode = 1;
            throw;
        }
    }
}
