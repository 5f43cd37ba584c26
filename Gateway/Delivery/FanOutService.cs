namespace RigKafka.Delivery;

/// <summary>Runs the fan-out for as long as the node lives. If it fails the node is of no use, so the host stops.</summary>
internal sealed class FanOutService(FanOut fanOut) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => fanOut.Run(stoppingToken);
}
