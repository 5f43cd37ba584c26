using RigKafka.Telemetry;

namespace RigKafka.Connections;

/// <summary>
/// Writes to the connections that belong to it, one loop for each core. It is handed events in order, gives them to all its listeners,
/// and then writes to each connection everything that waits for it at once, so that batches grow with the load.
/// </summary>
/// <remarks>
/// A work item of the thread pool, queued while there is work. All state below <see cref="Execute"/> is touched by it alone; others leave items in
/// one of two queues: <i>ordered</i> for what must keep the node's total order, <i>urgent</i> for what concerns a single connection.
/// </remarks>
internal sealed class DeliveryLoop : IThreadPoolWorkItem
{
    /// <summary>How much may be left to do before the fan-out waits: bounds the delay of an urgent item and the memory of a batch.</summary>
    private const int MostDeliveries = 100_000;
    private const int MostBytes = 256 * 1024;

    private readonly ConnectionRegistry _registry;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly int _outboxMax;
    private readonly int _mark;
    private readonly int _mostBytes;

    private readonly Lock _queues = new();
    private List<Item> _ordered = [];
    private List<Item> _urgent = [];
    private int _deliveriesLeft;
    private int _bytesLeft;
    private bool _isScheduled;
    private bool _isPausedForOrdered;
    private TaskCompletionSource? _room;

    private readonly HeartbeatWheel _wheel;
    private readonly Stack<byte[][]> _rings = new();
    private readonly List<Connection> _dirty = [];
    private readonly byte[] _scratch = new byte[64 * 1024];
    private readonly Patience _patience;
    private readonly ITimer _lookAgain;
    private List<Item> _spareOrdered = [];
    private List<Item> _spareUrgent = [];
    private CloseReason? _closeAll;
    private int _batch;
    private int _served;
    private int _delivered;

    public DeliveryLoop(int number, ConnectionRegistry registry, ConnectionOptions options, GatewayMetrics metrics, TimeProvider time)
    {
        Number = number;
        _registry = registry;
        _metrics = metrics;
        _time = time;
        _outboxMax = options.OutboxMaxBytes;
        _wheel = new HeartbeatWheel(ConnectionRegistry.HeartbeatSlots);
        _mark = options.OutboxMaxBytes / 2;
        _mostBytes = Math.Min(MostBytes, options.OutboxMaxBytes / 4);
        _patience = new Patience(_mark, time);
        _lookAgain = time.CreateTimer(static loop => ((DeliveryLoop)loop!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private enum Kind : byte
    {
        Deliver,
        Join,
        Heartbeat,
        Broadcast,
        CloseAll,
        Start,
        Resume,
        Close,
    }

    /// <summary>The place of this loop among the loops of the node.</summary>
    public int Number { get; }

    /// <summary>Null while there is room for more events, else completes when there is.</summary>
    public Task? Room
    {
        get
        {
            if (Volatile.Read(ref _deliveriesLeft) < MostDeliveries && Volatile.Read(ref _bytesLeft) < _mostBytes)
            {
                return null;
            }

            lock (_queues)
            {
                return IsFull ? (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task : null;
            }
        }
    }

    private bool IsFull => _deliveriesLeft >= MostDeliveries || _bytesLeft >= _mostBytes;

    /// <summary>Takes an event for the listeners of a topic and says whether it was idle, so that the caller must run or <see cref="Schedule"/> it.</summary>
    public bool Deliver(TopicListeners topic, Event pushed, int listeners) => Enqueue(new Item(Kind.Deliver, topic, pushed), listeners, pushed.Size);

    /// <summary>Has the thread pool run it.</summary>
    public void Schedule() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    public void Join(Channel channel) => Order(new Item(Kind.Join, channel, null));

    /// <summary>The next slot of the wheel is due.</summary>
    /// <param name="id">The node's position, after all that was handed over before.</param>
    public void Heartbeat(byte[] id) => Order(new Item(Kind.Heartbeat, id, null));

    public void Broadcast(Event pushed) => Order(new Item(Kind.Broadcast, pushed, null));

    public void CloseAll(CloseReason reason) => Order(new Item(Kind.CloseAll, reason, null));

    /// <summary>In order, so that nothing reaches a connection that was handed over before it was there.</summary>
    public void Start(Connection connection) => Order(new Item(Kind.Start, connection, null));

    public void Close(Connection connection, CloseReason reason) => Urge(new Item(Kind.Close, connection, reason));

    /// <summary>Does what is there, then makes room for others on this thread.</summary>
    public void Execute()
    {
        List<Item> urgent;
        List<Item>? ordered = null;
        lock (_queues)
        {
            (urgent, _urgent) = (_urgent, _spareUrgent);
            if (!_isPausedForOrdered)
            {
                (ordered, _ordered) = (_ordered, _spareOrdered);
                _deliveriesLeft = 0;
                _bytesLeft = 0;
                _room?.SetResult();
                _room = null;
            }
        }

        _batch++;
        _served = 0;
        Handle(urgent);
        if (ordered is not null)
        {
            Handle(ordered);
        }

        foreach (var connection in _dirty)
        {
            connection.IsDirty = false;
            Flush(connection);
        }

        _dirty.Clear();
        urgent.Clear();
        _spareUrgent = urgent;
        if (ordered is not null)
        {
            Sample(ordered);
            ordered.Clear();
            _spareOrdered = ordered;
        }

        Rest();
    }

    private void Rest()
    {
        var pause = _patience.IsNeeded(_isPausedForOrdered, _served);
        lock (_queues)
        {
            _isPausedForOrdered = pause;
            _isScheduled = _urgent.Count > 0 || (_ordered.Count > 0 && !pause);
            if (!_isScheduled)
            {
                if (pause)
                {
                    // It may be that nobody reads any more: then only the time that passes ends the pause.
                    _lookAgain.Change(Patience.LookAgain, Timeout.InfiniteTimeSpan);
                }

                return;
            }
        }

        Schedule();
    }

    private bool Enqueue(Item item, int deliveries = 0, int bytes = 0)
    {
        lock (_queues)
        {
            _ordered.Add(item);
            _deliveriesLeft += deliveries;
            _bytesLeft += bytes;
            if (_isScheduled || _isPausedForOrdered)
            {
                return false;
            }

            return _isScheduled = true;
        }
    }

    private void Order(Item item)
    {
        if (Enqueue(item))
        {
            Schedule();
        }
    }

    private void Urge(Item item)
    {
        lock (_queues)
        {
            _urgent.Add(item);
        }

        Wake();
    }

    private void Wake()
    {
        lock (_queues)
        {
            if (_isScheduled)
            {
                return;
            }

            _isScheduled = true;
        }

        Schedule();
    }

    private void Handle(List<Item> items)
    {
        foreach (var item in items)
        {
            switch (item.Kind)
            {
                case Kind.Deliver:
                    HandleDeliver((TopicListeners)item.Target, (Event)item.Value!);
                    break;
                case Kind.Join:
                    HandleJoin((Channel)item.Target);
                    break;
                case Kind.Heartbeat:
                    HandleHeartbeat((byte[])item.Target);
                    break;
                case Kind.Broadcast:
                    HandleBroadcast((Event)item.Target);
                    break;
                case Kind.CloseAll:
                    HandleCloseAll((CloseReason)item.Target);
                    break;
                case Kind.Start:
                    HandleStart((Connection)item.Target);
                    break;
                case Kind.Resume:
                    HandleResume((Connection)item.Target);
                    break;
                case Kind.Close:
                    HandleClose((Connection)item.Target, (CloseReason)item.Value!);
                    break;
            }
        }
    }

    private void HandleDeliver(TopicListeners topic, Event pushed)
    {
        for (var channel = topic.First(this); channel is not null; channel = channel.Next)
        {
            Add(channel.Connection, pushed.Frame(channel.Connection.Format));
            _delivered++;
        }
    }

    private void HandleJoin(Channel channel)
    {
        if (!channel.Connection.IsEnded)
        {
            channel.Topic.Link(channel);
            _wheel.Add(channel.Connection);
        }
    }

    private void HandleHeartbeat(byte[] id)
    {
        var frames = new byte[]?[WireFormat.Count];
        for (var connection = _wheel.Turn(); connection is not null; connection = connection.WheelNext)
        {
            Add(connection, frames[connection.Format.Slot] ??= connection.Format.Heartbeat(id));
        }
    }

    private void HandleBroadcast(Event pushed)
    {
        foreach (var connection in _wheel.All())
        {
            Add(connection, pushed.Frame(connection.Format));
        }
    }

    private void HandleCloseAll(CloseReason reason)
    {
        _closeAll = reason;
        foreach (var connection in _wheel.All())
        {
            HandleClose(connection, reason);
        }
    }

    private void HandleStart(Connection connection)
    {
        if (connection.IsEnded)
        {
            return;
        }

        connection.IsHeld = false;
        _wheel.Add(connection);
        MarkDirty(connection);
        if (_closeAll is { } reason)
        {
            HandleClose(connection, reason);
        }
    }

    private void HandleClose(Connection connection, CloseReason reason)
    {
        if (connection.IsEnded)
        {
            return;
        }

        if (reason == CloseReason.ClientGone)
        {
            // Whatever it was to be told before, nobody is there to read it.
            connection.Closing ??= reason;
            End(connection);
            return;
        }

        if (connection.Closing is not null)
        {
            return;
        }

        connection.Closing = reason;

        // The last words may exceed the outbox: they are few, and there are no more after them.
        connection.Outbox.Add(connection.Format.Closing(reason), _rings);
        MarkDirty(connection);
    }

    private void HandleResume(Connection connection)
    {
        if (connection.IsEnded)
        {
            return;
        }

        connection.IsBlocked = false;
        if (connection.Written < 0)
        {
            connection.Closing ??= CloseReason.ClientGone;
            End(connection);
            return;
        }

        connection.Outbox.Take(connection.Written, _rings);
        _patience.Took(connection);
        Flush(connection);
    }

    private void Add(Connection connection, byte[] frame)
    {
        if (connection.IsEnded || connection.Closing is not null)
        {
            return;
        }

        if (connection.Batch != _batch)
        {
            connection.Batch = _batch;
            connection.WasBehind = connection.Outbox.Bytes > _mark;
            _served++;
        }

        if (connection.Outbox.Bytes + frame.Length > _outboxMax || connection.Outbox.Behind == RingPool.Largest)
        {
            Flush(connection);
            if (connection.IsEnded)
            {
                return;
            }

            // Whoever was not behind when this batch began had no time to read it. A batch is bounded, and so is what this lets in.
            if (connection.WasBehind && connection.Outbox.Bytes + frame.Length > _outboxMax)
            {
                connection.Closing = CloseReason.SlowConsumer;
                connection.Wire.Abort();
                End(connection);
                return;
            }
        }

        connection.Outbox.Add(frame, _rings);
        MarkDirty(connection);
    }

    private void MarkDirty(Connection connection)
    {
        if (!connection.IsDirty)
        {
            connection.IsDirty = true;
            _dirty.Add(connection);
        }
    }

    private void Flush(Connection connection)
    {
        while (!connection.IsBlocked && !connection.IsHeld && !connection.IsEnded && !connection.Outbox.IsEmpty)
        {
            var bytes = connection.Outbox.Gather(_scratch);
            var taken = connection.Wire.TryWrite(bytes);
            if (taken < 0)
            {
                connection.Closing ??= CloseReason.ClientGone;
                End(connection);
                return;
            }

            connection.Outbox.Take(taken, _rings);
            if (taken < bytes.Length)
            {
                Block(connection, connection.Outbox.Head);
            }
        }

        _patience.Look(connection);
        if (connection is { IsBlocked: false, IsHeld: false, IsEnded: false, Closing: not null })
        {
            if (connection.Wire.IsIdle)
            {
                End(connection);
            }
            else
            {
                Block(connection, default);
            }
        }
    }

    private void Block(Connection connection, ReadOnlyMemory<byte> rest)
    {
        connection.IsBlocked = true;
        _ = WaitForClient(connection, rest);
    }

    private async Task WaitForClient(Connection connection, ReadOnlyMemory<byte> rest)
    {
        connection.Written = await connection.Wire.WriteAsync(rest);
        Urge(new Item(Kind.Resume, connection, null));
    }

    private void End(Connection connection)
    {
        _registry.Remove(connection);
        _wheel.Remove(connection);
        for (var channel = connection.Channels; channel is not null; channel = channel.NextOfConnection)
        {
            channel.Topic.Unlink(channel);
        }

        connection.Outbox.Clear(_rings);
        _patience.Forget(connection);
        connection.End(connection.Closing!);
    }

    private void Sample(List<Item> ordered)
    {
        if (_delivered == 0)
        {
            return;
        }

        _metrics.Delivered(_delivered);
        _delivered = 0;
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var item in ordered)
        {
            if (item.Kind == Kind.Deliver)
            {
                _metrics.DeliveryTook(Math.Max(0, now - ((Event)item.Value!).Timestamp) / 1000d);
            }
        }
    }

    private readonly record struct Item(Kind Kind, object Target, object? Value);
}
