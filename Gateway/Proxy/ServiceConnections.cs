using RigKafka.Listeners;
using RigKafka.Telemetry;

namespace RigKafka.Proxy;

/// <summary>How many connections to services there are, and may be.</summary>
internal sealed class ServiceConnections
{
    /// <summary>Idle ones come back with the next calls, and to make them anew costs those.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly int _most;
    private readonly TimeProvider _time;
    private int _open;
    private long? _lastClosed;

    public ServiceConnections(FileShares shares, GatewayMetrics metrics, TimeProvider time)
    {
        (_most, _time) = (shares.Services, time);
        metrics.ObserveTcpConnections(PeerWords.Services, () => Volatile.Read(ref _open));
    }

    /// <summary>Takes a place for one more.</summary>
    /// <param name="closeIdle">Closes those that no call uses; it is asked when there is no place, once a second at most.</param>
    public void Take(Action closeIdle)
    {
        if (TryTake())
        {
            return;
        }

        if (MayClose())
        {
            closeIdle();
        }

        if (!TryTake())
        {
            throw new NoConnectionLeftException();
        }
    }

    public void Release() => Interlocked.Decrement(ref _open);

    private bool TryTake()
    {
        if (Interlocked.Increment(ref _open) <= _most)
        {
            return true;
        }

        Release();
        return false;
    }

    private bool MayClose()
    {
        lock (_lock)
        {
            if (_lastClosed is { } last && _time.GetElapsedTime(last) < Pause)
            {
                return false;
            }

            _lastClosed = _time.GetTimestamp();
            return true;
        }
    }
}
