namespace RigKafka.Connections;

/// <summary>
/// Tells a publisher that is too fast from a client that is too slow. While most of the clients that got messages within this second or the
/// last are behind and yet keep reading, it is the publisher: the loop pauses, the fan-out waits, and so does the publisher. A client that
/// reads nothing, or stays behind for long, or is behind while most are not, is slow, and nothing waits for it. See
/// docs/decisions/0004-slow-clients.md.
/// </summary>
/// <param name="mark">From how many waiting bytes on a client is behind.</param>
/// <param name="time">The clock.</param>
internal sealed class Backpressure(int mark, TimeProvider time)
{
    /// <summary>How long a pause lasts, unless a client reads, before the loop looks at it again.</summary>
    public static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    /// <summary>A client that took nothing for this long is not reading.</summary>
    private static readonly TimeSpan Stalled = TimeSpan.FromMilliseconds(250);

    /// <summary>A client that stayed behind for this long is slow, though it reads.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>A client has caught up when its outbox is down to this part of the mark.</summary>
    private const int CaughtUp = 4;

    private readonly Dictionary<Connection, Lag> _behind = [];
    private readonly long _started = time.GetTimestamp();
    private int _second = 1;
    private int _servedBefore;
    private int _served;

    /// <summary>Looks at the clock, once for a batch.</summary>
    public void BeginBatch()
    {
        var second = 1 + (int)time.GetElapsedTime(_started).TotalSeconds;
        if (second == _second)
        {
            return;
        }

        _servedBefore = second == _second + 1 ? _served : 0;
        _served = 0;
        _second = second;
    }

    /// <summary>Counts a connection among those that were given messages this second.</summary>
    public void Serve(Connection connection)
    {
        if (connection.Standing.ServedSecond != _second)
        {
            connection.Standing.ServedSecond = _second;
            _served++;
        }
    }

    /// <summary>Looks whether a connection is behind now, or no longer is.</summary>
    public void Look(Connection connection)
    {
        if (!connection.Standing.IsBehind)
        {
            if (connection.Writing.IsBlocked && !connection.IsEnded && connection.Outbox.Bytes > mark)
            {
                connection.Standing.IsBehind = true;
                var now = time.GetTimestamp();
                _behind.Add(connection, new Lag(now, now));
            }
        }
        else if (connection.Outbox.Bytes <= mark / CaughtUp)
        {
            // Not as soon as it is below the mark: a client that hovers there would be waited for again and again.
            Forget(connection);
        }
    }

    /// <summary>Notes that a client that was behind has read.</summary>
    public void Took(Connection connection)
    {
        if (_behind.TryGetValue(connection, out var lag))
        {
            _behind[connection] = lag with { Took = time.GetTimestamp() };
        }
    }

    public void Forget(Connection connection)
    {
        if (connection.Standing.IsBehind)
        {
            connection.Standing.IsBehind = false;
            _behind.Remove(connection);
        }
    }

    /// <summary>Whether the loop should wait before it gives its clients more events.</summary>
    /// <param name="isWaiting">Whether it waits already; then it goes on as long as one client that is behind is worth waiting for.</param>
    public bool IsNeeded(bool isWaiting)
    {
        if (_behind.Count == 0)
        {
            return false;
        }

        var worth = 0;
        foreach (var (connection, lag) in _behind)
        {
            if (connection.Outbox.Bytes > mark && time.GetElapsedTime(lag.Took) < Stalled && time.GetElapsedTime(lag.Since) < Longest)
            {
                worth++;
            }
        }

        return worth > 0 && (isWaiting || worth * 2 >= Math.Max(_served, _servedBefore));
    }

    /// <summary>What is noted of every connection.</summary>
    public struct Standing
    {
        /// <summary>The second in which it last got a message.</summary>
        public int ServedSecond { get; set; }

        /// <summary>Whether it counts as one that is behind.</summary>
        public bool IsBehind { get; set; }
    }

    /// <summary>What is noted of one that is behind.</summary>
    private readonly record struct Lag(long Since, long Took);
}
