namespace RigKafka.Connections;

/// <summary>
/// Tells a publisher that is too fast from a client that is too slow. While most of those who are being served are behind and yet keep reading,
/// it is the publisher: the loop pauses, the fan-out waits, and so does whoever publishes. A client that reads nothing, or stays behind for
/// long, or is behind while most are not, is slow: nobody waits for it. See docs/decisions/0004-slow-clients.md.
/// </summary>
/// <param name="mark">From how many waiting bytes on a client is behind.</param>
/// <param name="time">The clock.</param>
internal sealed class Patience(int mark, TimeProvider time)
{
    /// <summary>How long a pause goes on, unless someone reads, before it is looked at again.</summary>
    public static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    /// <summary>A client that took nothing for so long is not reading.</summary>
    private static readonly TimeSpan Stalled = TimeSpan.FromMilliseconds(250);

    /// <summary>A client that stayed behind for so long is slow, though it reads.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    private readonly Dictionary<Connection, Lag> _behind = [];

    /// <summary>Looks whether a connection has come to be behind, or no longer is.</summary>
    public void Look(Connection connection)
    {
        var behind = connection.IsBlocked && !connection.IsEnded && connection.Outbox.Bytes > mark;
        if (behind == connection.IsBehind)
        {
            return;
        }

        connection.IsBehind = behind;
        if (behind)
        {
            var now = time.GetTimestamp();
            _behind.Add(connection, new Lag(now, now));
        }
        else
        {
            _behind.Remove(connection);
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
    /// <param name="served">How many connections got something in this batch.</param>
    public bool IsNeeded(bool isWaiting, int served)
    {
        if (_behind.Count == 0)
        {
            return false;
        }

        var worth = 0;
        foreach (var lag in _behind.Values)
        {
            if (time.GetElapsedTime(lag.Took) < Stalled && time.GetElapsedTime(lag.Since) < Longest)
            {
                worth++;
            }
        }

        return isWaiting ? worth > 0 : served > 0 && worth * 2 >= served;
    }

    private readonly record struct Lag(long Since, long Took);
}
