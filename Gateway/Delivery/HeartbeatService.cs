using RigKafka.Connections;

namespace RigKafka.Delivery;

/// <summary>Turns the heartbeat wheels. A step that came late is made up for, so that the cadence holds; of a long standstill, one turn.</summary>
internal sealed class HeartbeatService(FanOut fanOut, ConnectionOptions options, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var step = TimeSpan.FromMilliseconds(Math.Max(1, options.HeartbeatIntervalMs / ConnectionRegistry.HeartbeatSlots));
        using var timer = new PeriodicTimer(step, time);
        var started = time.GetTimestamp();
        for (long steps = 0; await timer.WaitForNextTickAsync(stoppingToken);)
        {
            var due = (long)(time.GetElapsedTime(started) / step);
            for (steps = Math.Max(steps, due - ConnectionRegistry.HeartbeatSlots); steps < due; steps++)
            {
                fanOut.Heartbeat();
            }
        }
    }
}
