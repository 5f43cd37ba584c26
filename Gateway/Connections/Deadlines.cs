namespace RigKafka.Connections;

/// <summary>
/// When a delivery loop has to look at its connections, the earliest first. Each connection has one time at most. A time that was given up
/// stays in the heap until it comes up, or until most of the heap is such times. So nothing is looked at before it is due, and a connection
/// costs 16 bytes.
/// </summary>
internal sealed class Deadlines
{
    /// <summary>From how many given-up times on the heap is tidied up.</summary>
    private const int Few = 256;

    private readonly PriorityQueue<Connection, long> _heap = new();
    private int _givenUp;
    private long _next = long.MaxValue;

    /// <summary>
    /// The earliest time, or an earlier one that was given up; <see cref="long.MaxValue"/> when there is none. For any thread.
    /// </summary>
    public long Next => Volatile.Read(ref _next);

    /// <summary>How many places the heap takes.</summary>
    public int Count => _heap.Count;

    /// <summary>Sets the time of a connection in place of the one it had; <see cref="long.MaxValue"/> for none.</summary>
    public void Set(Connection connection, long at)
    {
        Remove(connection);
        if (at == long.MaxValue)
        {
            return;
        }

        connection.DueAt = at;
        _heap.Enqueue(connection, at);
        Note();
    }

    public void Remove(Connection connection)
    {
        if (connection.DueAt == 0)
        {
            return;
        }

        connection.DueAt = 0;
        if (++_givenUp > Few && _givenUp > _heap.Count / 2)
        {
            Tidy();
        }
    }

    /// <summary>Takes out one whose time has come; null when there is none.</summary>
    public Connection? Take(long now)
    {
        while (_heap.TryPeek(out var connection, out var at) && at <= now)
        {
            _heap.Dequeue();
            Note();
            if (connection.DueAt == at)
            {
                connection.DueAt = 0;
                return connection;
            }

            _givenUp--;
        }

        return null;
    }

    private void Tidy()
    {
        var kept = _heap.UnorderedItems.Where(item => item.Element.DueAt == item.Priority).ToList();
        _heap.Clear();
        _heap.EnqueueRange(kept);
        _heap.TrimExcess();
        _givenUp = 0;
        Note();
    }

    private void Note() => Volatile.Write(ref _next, _heap.TryPeek(out _, out var at) ? at : long.MaxValue);
}
