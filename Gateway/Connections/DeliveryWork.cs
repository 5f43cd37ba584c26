using RigKafka.Telemetry;

namespace RigKafka.Connections;

/// <summary>
/// What a delivery loop does with the items that it was given: joins and leaves channels, puts frames into outboxes and writes them out,
/// ends connections. For the loop alone, apart from <see cref="IsAnyDue"/>, <see cref="Mark"/> and <see cref="Waiting"/>.
/// </summary>
internal sealed class DeliveryWork
{
    private readonly DeliveryLoop _loop;
    private readonly ConnectionRegistry _registry;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly OutboxWriter _writer;
    private readonly Backpressure _backpressure;
    private readonly Endings _endings;
    private readonly NodeNotices _notices;
    private readonly HeartbeatWheel _wheel = new(ConnectionRegistry.HeartbeatSlots);
    private int _delivered;

    public DeliveryWork(
        DeliveryLoop loop, ConnectionRegistry registry, ConnectionOptions options, GatewayMetrics metrics, TimeProvider time)
    {
        (_loop, _registry, _metrics, _time) = (loop, registry, metrics, time);
        _backpressure = new Backpressure(OutboxWriter.MarkOf(options.OutboxMaxBytes), time);
        _writer = new OutboxWriter(options.OutboxMaxBytes, _backpressure, loop.WriteOn, End);
        _endings = new Endings(registry, options, _writer, time, End);
        _notices = new NodeNotices(loop, registry, _writer, _wheel);
    }

    /// <summary>From how many waiting bytes on a client is behind.</summary>
    public int Mark => _writer.Mark;

    /// <inheritdoc cref="OutboxWriter.Waiting"/>
    public long Waiting => _writer.Waiting;

    /// <summary>Whether connections are to be ended. For any thread.</summary>
    public bool IsAnyDue => _endings.IsAnyDue;

    /// <summary>Does all of it, what is urgent first, and then writes to each connection what waits for it.</summary>
    public void Do(List<LoopItem> urgent, List<LoopItem>? ordered)
    {
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
    }

    /// <summary>Whether the loop should wait before it takes more events, since too many clients are behind.</summary>
    public bool NeedsPause(bool isPaused) => _backpressure.IsNeeded(isPaused);

    private void Handle(List<LoopItem> items)
    {
        foreach (var item in items)
        {
            switch (item.Kind)
            {
                case LoopItemKind.Deliver:
                    Deliver((TopicListeners)item.Target, (Event)item.Value!);
                    break;
                case LoopItemKind.Join:
                    Join((Channel)item.Target, (byte[]?)item.Value);
                    break;
                case LoopItemKind.Leave:
                    Leave((Channel)item.Target, (byte[]?)item.Value);
                    break;
                case LoopItemKind.Heartbeat:
                    _notices.Heartbeat((byte[])item.Target);
                    break;
                case LoopItemKind.Broadcast:
                    _notices.Broadcast((Event)item.Target, (TopicListeners[])item.Value!);
                    break;
                case LoopItemKind.CloseAll:
                    _endings.CloseAll(_wheel.All(), (CloseReason)item.Target);
                    break;
                case LoopItemKind.CloseSome:
                    _endings.CloseSome(_wheel.All(), (CloseReason)item.Target, (int)item.Value!);
                    break;
                case LoopItemKind.Start:
                    Start((Connection)item.Target);
                    break;
                case LoopItemKind.Release:
                    Release((Hold)item.Target, (Missed)item.Value!);
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

    private void Deliver(TopicListeners topic, Event pushed)
    {
        var delivered = 0;
        for (var channel = topic.First(_loop); channel is not null; channel = channel.Next)
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

    private void Join(Channel channel, byte[]? frames)
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

    private void Leave(Channel channel, byte[]? frames)
    {
        channel.Topic.Unlink(channel);
        if (frames is not null)
        {
            _writer.Add(channel.Connection, frames);
        }
    }

    private void Release(Hold hold, Missed missed)
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

    private void Start(Connection connection)
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
