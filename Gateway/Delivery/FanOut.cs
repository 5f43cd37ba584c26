using System.Runtime.CompilerServices;
using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Delivery;

/// <summary>
/// From the log to the connections: checks each record once, finds who listens, and hands one shared event to their delivery loops,
/// in one total order per node. Its position is what the ids on the wire say.
/// </summary>
internal sealed class FanOut(IMessageLog log, ConnectionRegistry registry, History history, PoisonLog poison, GatewayMetrics metrics)
{
    /// <summary>What a frame has beside its topic and its message: names, an id, and what the transport adds.</summary>
    public const int Frame = 1024;

    private readonly List<DeliveryLoop> _idle = [];

    /// <summary>How far this node has read the log. Under the registry's <see cref="ConnectionRegistry.TotalOrder"/>.</summary>
    public Position Position { get; } = new(log.SourceTopics.Count);

    /// <summary>Where this node is. Under the total order, together with a join.</summary>
    public JoinPoint Here() => new(Position.Copy(), history.Head);

    /// <summary>The same for any thread.</summary>
    public Position Where()
    {
        lock (registry.TotalOrder)
        {
            return Position.Copy();
        }
    }

    /// <summary>Reads the log until cancelled.</summary>
    public Task Run(CancellationToken cancellation) => log.Read(new LogReader(OnRecord, OnPlaced, OnPassed), cancellation);

    /// <summary>Gives the connections that are due their heartbeat, with this node's position.</summary>
    public void Heartbeat()
    {
        lock (registry.TotalOrder)
        {
            if (registry.Open > 0)
            {
                registry.Heartbeat(Position.ToId());
            }
        }
    }

    private ValueTask OnRecord(LogRecord record)
    {
        if (record.Trace is { } trace)
        {
            using var span = ProcessSpan.Start(trace, log.SourceTopics[record.SourceTopicIndex], record.Partition, record.Offset);
            Take(record, span);
        }
        else
        {
            Take(record, null);
        }

        return registry.WhenRoom();
    }

    private void Take(in LogRecord record, ProcessSpan? span)
    {
        var fault = poison.Read(log.SourceTopics[record.SourceTopicIndex], record, out var message);
        if (fault == MessageFault.None)
        {
            Route(record, message, span);
            return;
        }

        span?.Failed(fault.Word());
        lock (registry.TotalOrder)
        {
            Position.Advance(record.SourceTopicIndex, record.Partition, record.Offset + 1);
        }
    }

    /// <remarks>The name of the user is written where nothing was cleared before: that would show in what a record costs.</remarks>
    [SkipLocalsInit]
    private void Route(in LogRecord record, in Message message, ProcessSpan? span)
    {
        const int OnStack = 512;
        var most = Topic.UserPrefix.Length + message.MaxUserChars;
        var topic = most <= OnStack ? stackalloc char[OnStack] : new char[most];
        Topic.UserPrefix.CopyTo(topic);
        topic = topic[..(Topic.UserPrefix.Length + message.CopyUser(topic[Topic.UserPrefix.Length..]))];
        var fits = topic.Length + message.Json.Length <= registry.OutboxMaxBytes - Frame;
        if (fits)
        {
            metrics.MessageRead();
        }
        else
        {
            poison.Skip(log.SourceTopics[record.SourceTopicIndex], record, MessageFault.TooLarge);
            span?.Failed(MessageFault.TooLarge.Word());
        }

        history.Write(record, topic, fits ? message.Json.Span : []);
        lock (registry.TotalOrder)
        {
            history.Commit();
            Position.Advance(record.SourceTopicIndex, record.Partition, record.Offset + 1);
            if (registry.Find(topic) is { } listeners)
            {
                span?.HeardBy(listeners.Listeners);
                var json = fits && record.Lent is not null ? message.Json.ToArray() : message.Json;
                listeners.Post(
                    fits
                        ? Event.Message(listeners.Topic, json, Position.ToId(), record.Timestamp)
                        : Event.Gap(listeners.Topic, MessageFault.TooLarge.Word(), Position.ToId()),
                    _idle);
            }
        }

        foreach (var loop in _idle)
        {
            if (record.More)
            {
                loop.Schedule();
            }
            else
            {
                loop.Execute();
            }
        }

        _idle.Clear();
    }

    private void OnPassed(int sourceTopicIndex, int partition, long nextOffset)
    {
        lock (registry.TotalOrder)
        {
            Position.Advance(sourceTopicIndex, partition, nextOffset);
        }
    }

    private void OnPlaced(LogPlacement placement)
    {
        lock (registry.TotalOrder)
        {
            history.Place(placement, Position);
            Position.Place(placement.SourceTopicIndex, placement.Epoch, placement.NextOffsets);
            if (placement.Gap is { } reason)
            {
                metrics.GapFound(reason);
                registry.Broadcast(Event.Gap("", reason, Position.ToId()));
            }
        }
    }
}
