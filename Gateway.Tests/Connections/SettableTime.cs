using Microsoft.Extensions.Time.Testing;

namespace RigKafka.Tests.Connections;

/// <summary>Time with a wall clock that somebody sets, which the monotonic clock and the timers do not follow.</summary>
internal sealed class SettableTime(DateTimeOffset start) : FakeTimeProvider(start)
{
    /// <summary>By how much the wall clock was set.</summary>
    public TimeSpan SetBy { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + SetBy;

    // That of the base class asks the wall clock.
    public override long GetTimestamp() => base.GetUtcNow().Ticks;
}
