namespace RigKafka.Connections;

/// <summary>The connections of one delivery loop, spread over a heartbeat interval by when they came: one timer serves them all.</summary>
internal sealed class HeartbeatWheel(int slots)
{
    private readonly Connection?[] _slots = new Connection?[slots];
    private int _now;

    /// <summary>Puts a connection in, if it is not in yet.</summary>
    public void Add(Connection connection)
    {
        if (connection.WheelSlot >= 0)
        {
            return;
        }

        ref var first = ref _slots[_now];
        connection.WheelSlot = _now;
        connection.WheelNext = first;
        first?.WheelPrevious = connection;
        first = connection;
    }

    public void Remove(Connection connection)
    {
        if (connection.WheelSlot < 0)
        {
            return;
        }

        connection.WheelNext?.WheelPrevious = connection.WheelPrevious;
        if (connection.WheelPrevious is { } previous)
        {
            previous.WheelNext = connection.WheelNext;
        }
        else
        {
            _slots[connection.WheelSlot] = connection.WheelNext;
        }

        // WheelNext stays, for a loop that stands on this connection while it ends.
        connection.WheelPrevious = null;
        connection.WheelSlot = -1;
    }

    /// <summary>Moves on by one slot and gives its first connection; the others follow by <see cref="Connection.WheelNext"/>.</summary>
    public Connection? Turn()
    {
        _now = (_now + 1) % _slots.Length;
        return _slots[_now];
    }

    /// <summary>Every connection, in no order.</summary>
    public IEnumerable<Connection> All()
    {
        foreach (var first in _slots)
        {
            for (var connection = first; connection is not null; connection = connection.WheelNext)
            {
                yield return connection;
            }
        }
    }
}
