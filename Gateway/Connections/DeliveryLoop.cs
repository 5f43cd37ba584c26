using RigKafka.Telemetry;

namespace RigKafka.Connections;

/// <summary>
/// Writes to the connections that belong to it, one loop for each core. It is handed events in order, gives them to all its listeners,
/// and then writes to each connection everything that waits for it at once, so that batches grow with the load.
/// </summary>
/// <remarks>
/// A work item of the thread pool, queued while there is work. <see cref="Execute"/> alone touches its state; others leave items in its
/// queues.
/// </remarks>
internal sealed class DeliveryLoop : IThreadPoolWorkItem
{
    /// <summary>How many bytes of frames may be left to do before the fan-out waits.</summary>
    private const int MostBytes = 256 * 1024;

    private readonly ConnectionRegistry _registry;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly LoopQueues _queues;
    private readonly OutboxWriter _writer;
    private readonly Backpressure _backpressure;
    private readonly Endings _endings;
    private readonly HeartbeatWheel _wheel = new(ConnectionRegistry.HeartbeatSlots);
    private readonly ITimer _lookAgain;
    private int _delivered;

    public DeliveryLoop(int number, ConnectionRegistry registry, ConnectionOptions options, GatewayMetrics metrics, TimeProvider time)
    {
        Number = number;
        _registry = registry;
        _metrics = metrics;
        _time = time;
        _queues = new LoopQueues(Math.Min(MostBytes, options.OutboxMaxBytes / 4));
        _backpressure = new Backpressure(OutboxWriter.MarkOf(options.OutboxMaxBytes), time);
        _writer = new OutboxWriter(options.OutboxMaxBytes, _backpressure, connection => Urge(LoopItemKind.WriteOn, connection), End);
        _endings = new Endings(registry, _writer, time, End);
        _lookAgain = time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The place of this loop among the loops of the node.</summary>
    public int Number { get; }

    /// <summary>The most bytes that a client gets at once of what it missed: beyond, it would count as one that is behind.</summary>
    public int ReplayMaxBytes => _writer.Mark - Outbox.FrameCost;

    /// <summary>Null while there is room for more events, else completes when there is.</summary>
    public Task? Room => _queues.Room;

    /// <summary>
    /// Takes an event for the listeners of a topic. True when it was idle, so that the caller must run or <see cref="Schedule"/> it.
    /// </summary>
    public bool Deliver(TopicListeners topic, Event pushed, int listeners) =>
        _queues.Add(new LoopItem(LoopItemKind.Deliver, topic, pushed), listeners, pushed.Size);

    /// <summary>Has the thread pool run it.</summary>
    public void Schedule() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    public void Join(Channel channel, byte[]? frames) => Add(LoopItemKind.Join, channel, frames);

    public void Leave(Channel channel, byte[]? frames) => Add(LoopItemKind.Leave, channel, frames);

    /// <summary>The next slot of the wheel is due.</summary>
    /// <param name="id">The node's position, after all that was handed over before.</param>
    public void Heartbeat(byte[] id) => Add(LoopItemKind.Heartbeat, id);

    public void Broadcast(Event pushed, TopicListeners[] topics) => Add(LoopItemKind.Broadcast, pushed, topics);

    public void CloseAll(CloseReason reason) => Add(LoopItemKind.CloseAll, reason);

    /// <summary>In order, so that nothing reaches a connection that was handed over before it was there.</summary>
    public void Start(Connection connection) => Add(LoopItemKind.Start, connection);

    /// <summary>In order, so that what was held goes before what comes later.</summary>
    public void Release(Hold hold, Missed missed) => Add(LoopItemKind.Release, hold, missed);

    public void Send(Connection connection, byte[] frame) => Urge(LoopItemKind.Send, connection, frame);

    public void SendLast(Connection connection, byte[] frame) => Urge(LoopItemKind.SendLast, connection, frame);

    public void Close(Connection connection, CloseReason reason) => Urge(LoopItemKind.Close, connection, reason);

    public void Renew(Connection connection, Holder holder)
    {
        _registry.SessionIndex.Renew(connection, holder);
        Urge(LoopItemKind.Renew, connection, holder);
    }

    /// <summary>Ends what is due, if anything is.</summary>
    public void LookAtDeadlines()
    {
        if (_endings.IsAnyDue)
        {
            Urge(LoopItemKind.EndDue, this);
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

        var pause = _backpressure.IsNeeded(_queues.IsPaused);
        if (_queues.Rest(urgent, ordered, pause))
        {
            Schedule();
        }
        else if (pause)
        {
            // If no client reads any more, only time ends the pause.
            _lookAgain.Change(Backpressure.LookAgain, Timeout.InfiniteTimeSpan);
        }
    }

    private void Add(LoopItemKind kind, object target, object? value = null)
    {
        if (_queues.Add(new LoopItem(kind, target, value)))
        {
            Schedule();
        }
    }

    private void Urge(LoopItemKind kind, object target, object? value = null)
    {
        if (_queues.Urge(new LoopItem(kind, target, value)))
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
                    HandleBroadcast((Event)item.Target, (TopicListeners[])item.Value!);
                    break;
                case LoopItemKind.CloseAll:
                    _endings.CloseAll(_wheel.All(), (CloseReason)item.Target);
                    break;
                case LoopItemKind.Start:
                    HandleStart((Connection)item.Target);
                    break;
                case LoopItemKind.Release:
                    HandleRelease((Hold)item.Target, (Missed)item.Value!);
                    break;
                case LoopItemKind.WriteOn:
                    _writer.WriteOn((Connection)item.Target);
                    break;
                case LoopItemKind.Send:
                    _writer.Add((Connection)item.Target, (byte[])item.Value!);
                    break;
                case LoopItemKind.SendLast:
                    _writer.Add((Connection)item.Target, (byte[])item.Value!);
                    ((Connection)item.Target).Closing ??= CloseReason.ClientGone;
                    break;
                case LoopItemKind.Close:
                    _endings.Close((Connection)item.Target, (CloseReason)item.Value!);
                    break;
                case LoopItemKind.Renew:
                    _endings.Renew((Connection)item.Target, (Holder)item.Value!);
                    break;
                case LoopItemKind.EndDue:
                    _endings.EndDue();
                    break;
            }
        }
    }

    private void HandleDeliver(TopicListeners topic, Event pushed)
    {
        var delivered = 0;
        for (var channel = topic.First(this); channel is not null; channel = channel.Next)
        {
            if (channel.Hold is { } hold)
            {
                hold.Take(pushed, channel.Format, _writer.Mark);
            }
            else
            {
                _backpressure.Serve(channel.Connection);
                _writer.Add(channel.Connection, pushed.Frame(channel.Format));
            }

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
        channel.Connection.HasIdsByTopic |= channel.Format is { IsByTopic: true, HasIds: true };
        if (channel.Hold is { } hold)
        {
            hold.Add(channel);
            channel.Connection.Hold = channel.Connection.Format.IsByTopic ? null : hold;
        }

        if (frames is not null)
        {
            _writer.Add(channel.Connection, frames);
        }

        _endings.TellAgain(channel.Connection, channel.Topic.Topic);
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
        Event? position = null;
        for (var connection = _wheel.Turn(); connection is not null; connection = connection.Wheel.Next)
        {
            if (connection.Hold is not null)
            {
                // It has not been given everything up to here.
                _writer.Add(connection, connection.Format.Heartbeat(default));
                continue;
            }

            _writer.Add(connection, frames[connection.Format.Slot] ??= _wheel.IsPositionTurn
                ? connection.Format.HeartbeatWithPosition(id)
                : connection.Format.Heartbeat(id));
            if (connection.HasIdsByTopic && _wheel.IsPositionTurn)
            {
                TellPosition(connection, position ??= Event.Position(id));
            }
        }
    }

    /// <summary>Tells it on each topic for which the client asked for ids.</summary>
    private void TellPosition(Connection connection, Event position)
    {
        foreach (var channel in _registry.ChannelsOf(connection))
        {
            if (channel is { IsLinked: true, Hold: null, Format.HasIds: true })
            {
                _writer.Add(connection, channel.Format.Encode(position.On(channel.Topic.Topic)));
            }
        }
    }

    private void HandleBroadcast(Event pushed, TopicListeners[] topics)
    {
        foreach (var connection in _wheel.All())
        {
            if (!connection.Format.IsByTopic)
            {
                Give(connection, connection.Hold, pushed, connection.Format);
            }
        }

        foreach (var topic in topics)
        {
            var onTopic = pushed.On(topic.Topic);
            for (var channel = topic.First(this); channel is not null; channel = channel.Next)
            {
                if (channel.Format.IsByTopic)
                {
                    Give(channel.Connection, channel.Hold, onTopic, channel.Format);
                }
            }
        }
    }

    private void Give(Connection connection, Hold? hold, Event pushed, WireFormat format)
    {
        if (hold is null)
        {
            _writer.Add(connection, pushed.Frame(format));
        }
        else
        {
            hold.Take(pushed, format, _writer.Mark);
        }
    }

    private void HandleRelease(Hold hold, Missed missed)
    {
        if (!hold.IsWanted)
        {
            return;
        }

        // No more than makes a client one that is behind, since it had no time to read any of it.
        var room = Math.Max(0, _writer.Mark - hold.Connection.Outbox.Bytes);
        foreach (var frame in hold.Release(missed, room))
        {
            _writer.Add(hold.Connection, frame);
        }

        hold.Connection.Hold = null;
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
        _endings.Begin(connection);
    }

    private void End(Connection connection)
    {
        _registry.Remove(connection);
        _wheel.Remove(connection);
        _endings.Forget(connection);
        for (var channel = connection.Channels; channel is not null; channel = channel.NextOfConnection)
        {
            channel.Topic.Unlink(channel);
        }

        _writer.Clear(connection);
        _backpressure.Forget(connection);
        connection.Wire.Finish(connection.Closing!);
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
