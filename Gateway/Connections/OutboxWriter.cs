namespace RigKafka.Connections;

/// <summary>
/// Fills the outboxes of a delivery loop's connections and empties them into their wires: all that a batch has for a connection in one
/// write. What the client does not take waits until it does. For the loop alone.
/// </summary>
/// <param name="outboxMax">How many bytes may wait for one connection, what it costs to keep them included.</param>
/// <param name="backpressure">Looks at who is behind.</param>
/// <param name="writeOn">Asks the loop to go on with a connection whose client has taken something.</param>
/// <param name="end">Ends a connection, whose reason is set.</param>
internal sealed class OutboxWriter(int outboxMax, Backpressure backpressure, Action<Connection> writeOn, Action<Connection> end)
{
    private readonly Stack<byte[][]> _rings = new();
    private readonly List<Connection> _dirty = [];
    private readonly byte[] _scratch = new byte[64 * 1024];

    // Only these have something in their outboxes between two batches, once they have begun. Locked by who reads or changes it.
    private readonly HashSet<Connection> _blocked = [];
    private int _batch;

    /// <summary>From how many waiting bytes on a client is behind.</summary>
    public int Mark { get; } = MarkOf(outboxMax);

    /// <summary>How many bytes wait for clients that have not taken them yet. For any thread.</summary>
    public long Waiting
    {
        get
        {
            lock (_blocked)
            {
                return _blocked.Sum(connection => (long)connection.Outbox.Bytes);
            }
        }
    }

    /// <summary>The same, of an outbox of this size.</summary>
    public static int MarkOf(int outboxMax) => outboxMax / 2;

    public void BeginBatch() => _batch++;

    /// <summary>Writes what this batch has for everyone.</summary>
    public void FlushAll()
    {
        foreach (var connection in _dirty)
        {
            connection.Writing.IsDirty = false;
            Flush(connection);
        }

        _dirty.Clear();
    }

    /// <summary>Adds the last words. They may exceed the outbox: they are few, and there are no more after them.</summary>
    /// <param name="connection">The connection, whose reason is set.</param>
    /// <param name="frames">The last words.</param>
    public void AddLast(Connection connection, byte[] frames)
    {
        if (connection.Closing!.DropsOutbox)
        {
            connection.Outbox.Drop(isHeadUnderWay: connection is { Writing.IsBlocked: true, Wire.HoldsBytes: true }, _rings);
        }

        connection.Outbox.Add(frames, _rings);
        if (connection.Closing.DropsOutbox)
        {
            // Not after everything else that this batch has to write.
            Flush(connection);
            return;
        }

        MarkDirty(connection);
    }

    /// <summary>Goes on with a connection whose client has taken something, or is gone.</summary>
    public void WriteOn(Connection connection)
    {
        if (connection.IsEnded)
        {
            return;
        }

        Unblock(connection);
        if (connection.Writing.Written < 0)
        {
            connection.Closing ??= CloseReason.ClientGone;
            end(connection);
            return;
        }

        connection.Outbox.Take(connection.Writing.Written, _rings);
        backpressure.Took(connection);
        Flush(connection);
    }

    /// <summary>Forgets what waits for a connection that has ended.</summary>
    public void Clear(Connection connection)
    {
        connection.Outbox.Clear(_rings);
        lock (_blocked)
        {
            _blocked.Remove(connection);
        }
    }

    /// <summary>Adds a frame, unless it is empty. A client that was behind already and has no room for it is slow, and is closed.</summary>
    public void Add(Connection connection, byte[] frame)
    {
        if (frame.Length == 0 || connection.IsEnded || connection.Closing is not null)
        {
            return;
        }

        if (connection.Writing.Batch != _batch)
        {
            connection.Writing.Batch = _batch;
            connection.Writing.WasBehind = connection.Outbox.Bytes > Mark;
        }

        if (connection.Outbox.Bytes + Outbox.CostOf(frame) > outboxMax || connection.Outbox.Behind == Outbox.LargestRing)
        {
            Flush(connection);
            if (connection.IsEnded)
            {
                return;
            }

            // A client that was not behind when this batch began had no time to read it. A batch is bounded, and so is what this lets in.
            if (connection.Writing.WasBehind && connection.Outbox.Bytes + Outbox.CostOf(frame) > outboxMax)
            {
                connection.Closing = CloseReason.SlowConsumer;
                connection.Wire.Abort();
                end(connection);
                return;
            }
        }

        connection.Outbox.Add(frame, _rings);
        MarkDirty(connection);
    }

    /// <summary>Has a connection written to at the end of the batch.</summary>
    public void MarkDirty(Connection connection)
    {
        if (!connection.Writing.IsDirty)
        {
            connection.Writing.IsDirty = true;
            _dirty.Add(connection);
        }
    }

    /// <summary>Writes what waits for a connection, as far as its client takes it.</summary>
    public void Flush(Connection connection)
    {
        while (!connection.Writing.IsBlocked && !connection.IsHeld && !connection.IsEnded && !connection.Outbox.IsEmpty)
        {
            var bytes = connection.Outbox.Gather(_scratch);
            var taken = connection.Wire.TryWrite(bytes);
            if (taken < 0)
            {
                connection.Closing ??= CloseReason.ClientGone;
                end(connection);
                return;
            }

            connection.Outbox.Take(taken, _rings);
            if (taken < bytes.Length)
            {
                Block(connection, connection.Outbox.Head);
            }
        }

        backpressure.Look(connection);
        if (connection is { Writing.IsBlocked: false, IsHeld: false, IsEnded: false, Closing: not null })
        {
            if (connection.Wire.IsIdle)
            {
                end(connection);
            }
            else
            {
                Block(connection, default);
            }
        }
    }

    private void Block(Connection connection, ReadOnlyMemory<byte> rest)
    {
        connection.Writing.IsBlocked = true;
        lock (_blocked)
        {
            _blocked.Add(connection);
        }

        _ = WaitForClient(connection, rest);
    }

    private void Unblock(Connection connection)
    {
        connection.Writing.IsBlocked = false;
        lock (_blocked)
        {
            _blocked.Remove(connection);
        }
    }

    private async Task WaitForClient(Connection connection, ReadOnlyMemory<byte> rest)
    {
        connection.Writing.Written = await connection.Wire.WriteAsync(rest);
        writeOn(connection);
    }

    /// <summary>What the writer knows of one connection.</summary>
    internal struct Progress
    {
        /// <summary>The result of a write that had to wait, see <see cref="Wire.WriteAsync"/>.</summary>
        public int Written { get; set; }

        /// <summary>The batch in which it last got a frame.</summary>
        public int Batch { get; set; }

        /// <summary>Whether it was behind when that batch began.</summary>
        public bool WasBehind { get; set; }

        /// <summary>Whether there are frames to write in this batch.</summary>
        public bool IsDirty { get; set; }

        /// <summary>Whether the socket is full and a write waits for it.</summary>
        public bool IsBlocked { get; set; }
    }
}
