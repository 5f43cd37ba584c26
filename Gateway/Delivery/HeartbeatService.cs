using RigKafka.Connections;

namespace RigKafka.Delivery;

/// <summary>
/// Turns the heartbeat wheels. It makes up for steps that came late, so that the cadence holds, but for one turn at most.
/// </summary>
internal sealed class HeartbeatService(FanOut fanOut, ConnectionOptions options, TimeProvider time) : BackgroundService
{
    private readonly TimeSpan _step = StepOf(options);
    private readonly PeriodicTimer _timer = new(StepOf(options), time);
    private readonly long _started = time.GetTimestamp();

    public override void Dispose()
    {
        _timer.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (long steps = 0; await _timer.WaitForNextTickAsync(stoppingToken);)
        {
            var due = (long)(time.GetElapsedTime(_started) / _step);
            for (steps = Math.Max(steps, due - ConnectionRegistry.HeartbeatSlots); steps < due; steps++)
            {
                fanOut.Heartbeat();
            }
        }
    }

    private static TimeSpan StepOf(ConnectionOptions options) =>
        TimeSpan.FromMilliseconds(Math.Max(1, options.HeartbeatIntervalMs / ConnectionRegistry.HeartbeatSlots));
}
