namespace RigKafka.Connections;

/// <summary>
/// Tells a publisher that is too fast from a client that is too slow. While most of those who were given messages within this second or the
/// last are behind and yet keep reading, it is the publisher: the loop pauses, the fan-out waits, and so does whoever publishes. A client that
/// reads nothing, or stays behind for long, or is behind while most are not, is slow: nobody waits for it. See docs/decisions/0004-slow-clients.md.
/// </summary>
/// <param name="mark">From how many waiting bytes on a client is behind.</param>
/// <param name="time">The clock.</param>
internal sealed class Backpressure(int mark, TimeProvider time)
{
    /// <summary>How long a pause goes on, unless someone reads, before it is looked at again.</summary>
    public static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    /// <summary>A client that took nothing for so long is not reading.</summary>
    private static readonly TimeSpan Stalled = TimeSpan.FromMilliseconds(250);

    /// <summary>A client that stayed behind for so long is slow, though it reads.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>Into how many parts of the mark an outbox must have gone down for its client to have caught up.</summary>
    private const int CaughtUp = 4;

    private readonly Dictionary<Connection, Lag> _behind = [];
    private readonly long _started = time.GetTimestamp();
    private int _second = 1;
    private int _servedBefore;
    private int _served;

    /// <summary>Looks at the clock, once for all that a batch serves.</summary>
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
        if (connection.ServedSecond != _second)
        {
            connection.ServedSecond = _second;
            _served++;
        }
    }

    /// <summary>Looks whether a connection has come to be behind, or no longer is.</summary>
    public void Look(Connection connection)
    {
        if (!connection.IsBehind)
        {
            if (connection.IsBlocked && !connection.IsEnded && connection.Outbox.Bytes > mark)
            {
                connection.IsBehind = true;
                var now = time.GetTimestamp();
                _behind.Add(connection, new Lag(now, now));
            }
        }
        else if (connection.Outbox.Bytes <= mark / CaughtUp)
        {
            // Not as soon as it is below the mark: a client that hovers there would have its backpressure renewed for ever.
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
        if (connection.IsBehind)
        {
            connection.IsBehind = false;
            _behind.Remove(connection);
        }
    }

    /// <summary>Whether the loop should wait before it gives more events to anyone.</summary>
    /// <param name="isWaiting">Whether it waits already; then it goes on until nobody is behind who is worth waiting for.</param>
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

    private readonly record struct Lag(long Since, long Took);
}
