namespace RigKafka.Connections;

/// <summary>The connections of one delivery loop, spread over a heartbeat interval by when they came: one timer serves them all.</summary>
internal sealed class HeartbeatWheel(int slots)
{
    private const int RoundsPerPosition = 3;

    private readonly Connection?[] _slots = new Connection?[slots];
    private int _now;
    private int _rounds;

    /// <summary>
    /// Whether the connections of this slot are told the position with their heartbeat. It is so in every third round, and so at every
    /// third heartbeat of each.
    /// </summary>
    public bool IsPositionTurn => _rounds == RoundsPerPosition - 1;

    /// <summary>Puts a connection in, if it is not in yet.</summary>
    public void Add(Connection connection)
    {
        if (connection.Wheel.IsIn)
        {
            return;
        }

        ref var first = ref _slots[_now];
        connection.Wheel.IsIn = true;
        connection.Wheel.Slot = _now;
        connection.Wheel.Next = first;
        first?.Wheel.Previous = connection;
        first = connection;
    }

    public void Remove(Connection connection)
    {
        if (!connection.Wheel.IsIn)
        {
            return;
        }

        connection.Wheel.Next?.Wheel.Previous = connection.Wheel.Previous;
        if (connection.Wheel.Previous is { } previous)
        {
            previous.Wheel.Next = connection.Wheel.Next;
        }
        else
        {
            _slots[connection.Wheel.Slot] = connection.Wheel.Next;
        }

        // The link to the next stays, for a loop that stands on this connection while it ends.
        connection.Wheel.Previous = null;
        connection.Wheel.IsIn = false;
    }

    /// <summary>Moves on by one slot and gives its first connection; the others follow by <see cref="Place.Next"/>.</summary>
    public Connection? Turn()
    {
        _now = (_now + 1) % _slots.Length;
        if (_now == 0)
        {
            _rounds = (_rounds + 1) % RoundsPerPosition;
        }

        return _slots[_now];
    }

    /// <summary>Every connection, in no order.</summary>
    public IEnumerable<Connection> All()
    {
        foreach (var first in _slots)
        {
            for (var connection = first; connection is not null; connection = connection.Wheel.Next)
            {
                yield return connection;
            }
        }
    }

    /// <summary>A connection's place: a link in the list of a slot.</summary>
    public struct Place
    {
        public bool IsIn { get; set; }

        public int Slot { get; set; }

        public Connection? Next { get; set; }

        public Connection? Previous { get; set; }
    }
}
