namespace RigKafka.Telemetry;

/// <summary>Lets a line through now and then, of those that come in floods, and counts the others.</summary>
/// <param name="time">The clock.</param>
/// <param name="quiet">For how long no other comes after one; a second when null.</param>
internal sealed class BoundedLog(TimeProvider time, TimeSpan? quiet = null)
{
    private readonly TimeSpan _quiet = quiet ?? TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private long? _last;
    private long _unlogged;

    /// <param name="unlogged">How many were held back since the last one that was let through.</param>
    public bool Admits(out long unlogged)
    {
        lock (_lock)
        {
            unlogged = _unlogged;
            if (_last is { } last && time.GetElapsedTime(last) < _quiet)
            {
                _unlogged++;
                return false;
            }

            (_last, _unlogged) = (time.GetTimestamp(), 0);
            return true;
        }
    }
}
