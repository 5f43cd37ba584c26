namespace RigKafka.Connections;

/// <summary>
/// When something is to be done about connections of one delivery loop, the earliest first. Each has one time at most. One that was given up stays
/// in the heap until it comes up or most of the heap is such; so nothing is looked at before it is due, and a connection costs 16 bytes.
/// </summary>
internal sealed class Deadlines
{
    /// <summary>Below this it is not worth the trouble to tidy up.</summary>
    private const int Few = 256;

    private readonly PriorityQueue<Connection, long> _heap = new();
    private int _givenUp;

    /// <summary>The earliest time, or one that was given up and is earlier still; <see cref="long.MaxValue"/> when there is none.</summary>
    public long Next => _heap.TryPeek(out _, out var at) ? at : long.MaxValue;

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
    }
}
