namespace RigKafka.Telemetry;

/// <summary>Lets one line a second through, of those that come in floods, and counts the others.</summary>
internal sealed class BoundedLog(TimeProvider time)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long? _last;
    private long _unlogged;

    /// <param name="unlogged">How many were held back since the last one that was let through.</param>
    public bool Admits(out long unlogged)
    {
        lock (_lock)
        {
            unlogged = _unlogged;
            if (_last is { } last && time.GetElapsedTime(last) < Quiet)
            {
                _unlogged++;
                return false;
            }

            (_last, _unlogged) = (time.GetTimestamp(), 0);
            return true;
        }
    }
}
