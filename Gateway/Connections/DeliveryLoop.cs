using RigKafka.Telemetry;

namespace RigKafka.Connections;

/// <summary>
/// Writes to the connections that belong to it, one loop for each core. It is handed events in order, gives them to all its listeners,
/// and then writes to each connection everything that waits for it at once, so that batches grow with the load.
/// </summary>
/// <remarks>
/// A work item of the thread pool, queued while there is work. Its state is touched by <see cref="Execute"/> alone; others leave items in its queues.
/// </remarks>
internal sealed class DeliveryLoop : IThreadPoolWorkItem
{
    /// <summary>How many bytes of frames may be left to do before the fan-out waits.</summary>
    private const int MostBytes = 256 * 1024;

    /// <summary>How long a client may take to read why it is closed, in milliseconds; and where that is urgent.</summary>
    private const int LastWords = 2_000;
    private const int UrgentLastWords = 750;

    private readonly ConnectionRegistry _registry;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly bool _enforcesExpiry;
    private readonly long _expiryNotice;
    private readonly LoopQueues _queues;
    private readonly OutboxWriter _writer;
    private readonly Backpressure _backpressure;
    private readonly HeartbeatWheel _wheel = new(ConnectionRegistry.HeartbeatSlots);
    /// <summary>By the wall clock, as tokens end.</summary>
    private readonly Deadlines _expiries = new();

    /// <summary>By the clock that nobody sets.</summary>
    private readonly Deadlines _closings = new();
    private readonly long _started;
    private readonly ITimer _lookAgain;
    private long _nextExpiry = long.MaxValue;
    private long _nextClosing = long.MaxValue;
    private CloseReason? _closeAll;
    private int _delivered;

    public DeliveryLoop(int number, ConnectionRegistry registry, ConnectionOptions options, GatewayMetrics metrics, TimeProvider time)
    {
        Number = number;
        _registry = registry;
        _metrics = metrics;
        _time = time;
        _started = time.GetTimestamp();
        _enforcesExpiry = options.EnforceExpiry;
        _expiryNotice = options.ExpiryNoticeSeconds * 1000L;
        _queues = new LoopQueues(Math.Min(MostBytes, options.OutboxMaxBytes / 4));
        _backpressure = new Backpressure(OutboxWriter.MarkOf(options.OutboxMaxBytes), time);
        _writer = new OutboxWriter(options.OutboxMaxBytes, _backpressure, connection => Urge(new LoopItem(LoopItemKind.Resume, connection, null)), End);
        _lookAgain = time.CreateTimer(static loop => ((DeliveryLoop)loop!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The place of this loop among the loops of the node.</summary>
    public int Number { get; }

    /// <summary>Null while there is room for more events, else completes when there is.</summary>
    public Task? Room => _queues.Room;

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private long Elapsed => (long)_time.GetElapsedTime(_started).TotalMilliseconds;

    /// <summary>Takes an event for the listeners of a topic and says whether it was idle, so that the caller must run or <see cref="Schedule"/> it.</summary>
    public bool Deliver(TopicListeners topic, Event pushed, int listeners) => _queues.Add(new LoopItem(LoopItemKind.Deliver, topic, pushed), listeners, pushed.Size);

    /// <summary>Has the thread pool run it.</summary>
    public void Schedule() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    public void Join(Channel channel, byte[]? frames) => Add(new LoopItem(LoopItemKind.Join, channel, frames));

    public void Leave(Channel channel, byte[]? frames) => Add(new LoopItem(LoopItemKind.Leave, channel, frames));

    /// <summary>The next slot of the wheel is due.</summary>
    /// <param name="id">The node's position, after all that was handed over before.</param>
    public void Heartbeat(byte[] id) => Add(new LoopItem(LoopItemKind.Heartbeat, id, null));

    public void Broadcast(Event pushed) => Add(new LoopItem(LoopItemKind.Broadcast, pushed, null));

    public void CloseAll(CloseReason reason) => Add(new LoopItem(LoopItemKind.CloseAll, reason, null));

    /// <summary>In order, so that nothing reaches a connection that was handed over before it was there.</summary>
    public void Start(Connection connection) => Add(new LoopItem(LoopItemKind.Start, connection, null));

    public void Send(Connection connection, byte[] frame) => Urge(new LoopItem(LoopItemKind.Send, connection, frame));

    public void SendLast(Connection connection, byte[] frame) => Urge(new LoopItem(LoopItemKind.SendLast, connection, frame));

    public void Close(Connection connection, CloseReason reason) => Urge(new LoopItem(LoopItemKind.Close, connection, reason));

    public void Renew(Connection connection, Holder holder)
    {
        _registry.SessionIndex.Renew(connection, holder);
        Urge(new LoopItem(LoopItemKind.Renew, connection, holder));
    }

    /// <summary>When a connection ends whose token ends then, in milliseconds since the Unix epoch.</summary>
    public long EndOf(DateTimeOffset expires) => _enforcesExpiry && expires < DateTimeOffset.MaxValue ? expires.ToUnixTimeMilliseconds() : long.MaxValue;

    /// <summary>Does what is due, if anything is.</summary>
    public void LookAtDeadlines()
    {
        if (Volatile.Read(ref _nextExpiry) <= Now || Volatile.Read(ref _nextClosing) <= Elapsed)
        {
            Urge(new LoopItem(LoopItemKind.Deadlines, this, null));
        }
    }

    /// <summary>Does what is there, then makes room for others on this thread.</summary>
    public void Execute()
    {
        var (urgent, ordered) = _queues.Take();
        _writer.BeginBatch();
        _backpressure.BeginBatch();
        Handle(urgent);
        if (ordered is not null)
        {
            Handle(ordered);
        }

        _writer.FlushAll();
        if (ordered is not null)
        {
            Sample(ordered);
        }

        _queues.Return(urgent, ordered);
        Volatile.Write(ref _nextExpiry, _expiries.Next);
        Volatile.Write(ref _nextClosing, _closings.Next);
        var pause = _backpressure.IsNeeded(_queues.IsPaused);
        if (_queues.Rest(pause))
        {
            Schedule();
        }
        else if (pause)
        {
            // It may be that nobody reads any more: then only the time that passes ends the pause.
            _lookAgain.Change(Backpressure.LookAgain, Timeout.InfiniteTimeSpan);
        }
    }

    private void Add(LoopItem item)
    {
        if (_queues.Add(item))
        {
            Schedule();
        }
    }

    private void Urge(LoopItem item)
    {
        if (_queues.Urge(item))
        {
            Schedule();
        }
    }

    private void Wake()
    {
        if (_queues.Wake())
        {
            Schedule();
        }
    }

    private void Handle(List<LoopItem> items)
    {
        foreach (var item in items)
        {
            switch (item.Kind)
            {
                case LoopItemKind.Deliver:
                    HandleDeliver((TopicListeners)item.Target, (Event)item.Value!);
                    break;
                case LoopItemKind.Join:
                    HandleJoin((Channel)item.Target, (byte[]?)item.Value);
                    break;
                case LoopItemKind.Leave:
                    HandleLeave((Channel)item.Target, (byte[]?)item.Value);
                    break;
                case LoopItemKind.Heartbeat:
                    HandleHeartbeat((byte[])item.Target);
                    break;
                case LoopItemKind.Broadcast:
                    HandleBroadcast((Event)item.Target);
                    break;
                case LoopItemKind.CloseAll:
                    HandleCloseAll((CloseReason)item.Target);
                    break;
                case LoopItemKind.Start:
                    HandleStart((Connection)item.Target);
                    break;
                case LoopItemKind.Resume:
                    HandleResume((Connection)item.Target);
                    break;
                case LoopItemKind.Send:
                    _writer.Add((Connection)item.Target, (byte[])item.Value!);
                    break;
                case LoopItemKind.SendLast:
                    _writer.Add((Connection)item.Target, (byte[])item.Value!);
                    ((Connection)item.Target).Closing ??= CloseReason.ClientGone;
                    break;
                case LoopItemKind.Close:
                    HandleClose((Connection)item.Target, (CloseReason)item.Value!);
                    break;
                case LoopItemKind.Renew:
                    HandleRenew((Connection)item.Target, (Holder)item.Value!);
                    break;
                case LoopItemKind.Deadlines:
                    HandleDeadlines();
                    break;
            }
        }
    }

    private void HandleDeliver(TopicListeners topic, Event pushed)
    {
        var delivered = 0;
        for (var channel = topic.First(this); channel is not null; channel = channel.Next)
        {
            _backpressure.Serve(channel.Connection);
            _writer.Add(channel.Connection, pushed.Frame(channel.Connection.Format));
            delivered++;
        }

        if (pushed.Timestamp is not null)
        {
            _delivered += delivered;
        }
    }

    private void HandleJoin(Channel channel, byte[]? frames)
    {
        if (channel.Connection.IsEnded)
        {
            return;
        }

        channel.Topic.Link(channel);
        _wheel.Add(channel.Connection);
        if (frames is not null)
        {
            _writer.Add(channel.Connection, frames);
        }

        // The notice was due before there was this topic to give it on.
        if (channel.Connection is { IsExpiryTold: true, Format.IsByTopic: true } connection)
        {
            _writer.Add(connection, connection.Format.TokenExpiring(connection.ExpiresAt / 1000, [channel.Topic.Topic]));
        }
    }

    private void HandleLeave(Channel channel, byte[]? frames)
    {
        channel.Topic.Unlink(channel);
        if (frames is not null)
        {
            _writer.Add(channel.Connection, frames);
        }
    }

    private void HandleHeartbeat(byte[] id)
    {
        var frames = new byte[]?[WireFormat.Count];
        for (var connection = _wheel.Turn(); connection is not null; connection = connection.WheelNext)
        {
            var frame = frames[connection.Format.Slot] ??= connection.Format.Heartbeat(id);
            if (frame.Length > 0)
            {
                _writer.Add(connection, frame);
            }
        }
    }

    private void HandleBroadcast(Event pushed)
    {
        foreach (var connection in _wheel.All())
        {
            if (!connection.Format.IsByTopic)
            {
                _writer.Add(connection, pushed.Frame(connection.Format));
                continue;
            }

            foreach (var topic in _registry.TopicsOf(connection))
            {
                _writer.Add(connection, connection.Format.Encode(pushed.On(topic)));
            }
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
        _writer.MarkDirty(connection);
        if (_closeAll is { } reason)
        {
            HandleClose(connection, reason);
        }

        LookAtExpiry(connection, Now);
    }

    private void HandleRenew(Connection connection, Holder holder)
    {
        connection.ExpiresAt = EndOf(holder.Expires);
        connection.IsExpiryTold = false;
        if (!connection.IsHeld)
        {
            LookAtExpiry(connection, Now);
        }
    }

    private void HandleDeadlines()
    {
        var now = Now;
        while (_expiries.Take(now) is { } connection)
        {
            LookAtExpiry(connection, now);
        }

        var elapsed = Elapsed;
        while (_closings.Take(elapsed) is { } connection)
        {
            connection.Wire.Abort();
            End(connection);
        }
    }

    /// <summary>Tells the client that its token ends soon, or ends the connection, or notes when to look again.</summary>
    private void LookAtExpiry(Connection connection, long now)
    {
        if (connection.IsEnded || connection.Closing is not null)
        {
            return;
        }

        if (connection.ExpiresAt <= now)
        {
            HandleClose(connection, CloseReason.TokenExpired);
            return;
        }

        if (connection.ExpiresAt == long.MaxValue)
        {
            _expiries.Remove(connection);
            return;
        }

        var notice = connection.ExpiresAt - _expiryNotice;
        if (notice <= now && !connection.IsExpiryTold && _expiryNotice > 0)
        {
            connection.IsExpiryTold = true;
            _writer.Add(connection, connection.Format.TokenExpiring(connection.ExpiresAt / 1000, _registry.TopicsOf(connection)));
        }

        if (!connection.IsEnded)
        {
            _expiries.Set(connection, notice > now ? notice : connection.ExpiresAt);
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
            // What its protocol still owes it, such as the answer to a close frame, goes if it goes at once.
            _writer.Flush(connection);
            if (!connection.IsEnded)
            {
                End(connection);
            }

            return;
        }

        if (connection.Closing is not null)
        {
            return;
        }

        _expiries.Remove(connection);
        connection.Closing = reason;
        connection.HasLastWords = true;
        _closings.Set(connection, Elapsed + (reason.IsUrgent ? UrgentLastWords : LastWords));
        _writer.AddLast(connection, connection.Format.Closing(reason, _registry.TopicsOf(connection)));
    }

    private void HandleResume(Connection connection)
    {
        if (!connection.IsEnded)
        {
            _writer.Resume(connection);
        }
    }

    private void End(Connection connection)
    {
        _registry.Remove(connection);
        _wheel.Remove(connection);
        (connection.HasLastWords ? _closings : _expiries).Remove(connection);
        for (var channel = connection.Channels; channel is not null; channel = channel.NextOfConnection)
        {
            channel.Topic.Unlink(channel);
        }

        _writer.Clear(connection);
        _backpressure.Forget(connection);
        connection.End(connection.Closing!);
    }

    private void Sample(List<LoopItem> ordered)
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
            if (item is { Kind: LoopItemKind.Deliver, Value: Event { Timestamp: { } timestamp } })
            {
                _metrics.DeliveryTook(Math.Max(0, now - timestamp) / 1000d);
            }
        }
    }
}
