namespace RigKafka.Direct;

/// <summary>
/// Closes a socket in such a way that its client gets its last words, though it may have sent what nobody has read: a plain close would
/// reset the connection, and take them away (RFC 9112, section 9.6).
/// </summary>
internal sealed class LingeringClose : IEpollTarget
{
    /// <summary>How long a client may take to end its side.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>How much it may send meanwhile.</summary>
    private const int Most = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly DirectSocket _socket;
    private readonly EpollPlace _place;
    private readonly Action _closed;
    private readonly ITimer _limit;
    private int _left = Most;
    private bool _isClosed;

    private LingeringClose(DirectSocket socket, EpollPlace place, TimeProvider time, Action closed)
    {
        (_socket, _place, _closed) = (socket, place, closed);
        _limit = time.CreateTimer(static closing => ((LingeringClose)closing!).Close(), this, Longest, Timeout.InfiniteTimeSpan);
    }

    /// <param name="socket">The socket, which is closed in the end.</param>
    /// <param name="place">Where its events come from.</param>
    /// <param name="time">The clock.</param>
    /// <param name="closed">Called once, when it is closed.</param>
    public static void Begin(DirectSocket socket, EpollPlace place, TimeProvider time, Action closed)
    {
        var closing = new LingeringClose(socket, place, time, closed);
        place.HandTo(closing);
        socket.EndSending();
        closing.OnEvents(EpollEvents.In);
    }

    public void OnEvents(EpollEvents events)
    {
        lock (_lock)
        {
            if (_isClosed || (_socket.Skip(ref _left) && _left > 0))
            {
                return;
            }
        }

        Close();
    }

    public void OnLoopEnd() => Close();

    private void Close()
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
        }

        _limit.Dispose();
        _place.Leave();
        _socket.Dispose();
        _closed();
    }
}
