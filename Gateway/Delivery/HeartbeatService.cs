using RigKafka.Connections;

namespace RigKafka.Delivery;

/// <summary>Turns the heartbeat wheels. A turn that came late is made up for, so that the cadence holds.</summary>
internal sealed class HeartbeatService(FanOut fanOut, ConnectionOptions options, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var step = TimeSpan.FromMilliseconds(Math.Max(1, options.HeartbeatIntervalMs / ConnectionRegistry.HeartbeatSlots));
        using var timer = new PeriodicTimer(step, time);
        var started = time.GetTimestamp();
        for (long turns = 0; await timer.WaitForNextTickAsync(stoppingToken);)
        {
            for (var due = time.GetElapsedTime(started) / step; turns < (long)due; turns++)
            {
                fanOut.Heartbeat();
            }
        }
    }
}
