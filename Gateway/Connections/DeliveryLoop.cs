using RigKafka.Telemetry;

namespace RigKafka.Connections;

/// <summary>
/// Writes to the connections that belong to it, one loop for each core. It is handed events in order, gives them to all its listeners,
/// and then writes to each connection everything that waits for it at once, so that batches grow with the load.
/// </summary>
/// <remarks>
/// A work item of the thread pool, queued while there is work. <see cref="Execute"/> alone touches the state of its connections, which is
/// in <see cref="DeliveryWork"/>; others leave items in its queues.
/// </remarks>
internal sealed class DeliveryLoop : IThreadPoolWorkItem
{
    /// <summary>How many bytes of frames may be left to do before the fan-out waits.</summary>
    private const int MostBytes = 256 * 1024;

    private readonly ConnectionRegistry _registry;
    private readonly LoopQueues _queues;
    private readonly DeliveryWork _work;
    private readonly ITimer _lookAgain;

    public DeliveryLoop(int number, ConnectionRegistry registry, ConnectionOptions options, GatewayMetrics metrics, TimeProvider time)
    {
        Number = number;
        _registry = registry;
        _queues = new LoopQueues(Math.Min(MostBytes, options.OutboxMaxBytes / 4));
        _work = new DeliveryWork(this, registry, options, metrics, time);
        _lookAgain = time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The place of this loop among the loops of the node.</summary>
    public int Number { get; }

    /// <summary>The most bytes that a client gets at once of what it missed: beyond, it would count as one that is behind.</summary>
    public int ReplayMaxBytes => _work.Mark - Outbox.FrameCost;

    /// <inheritdoc cref="OutboxWriter.Waiting"/>
    public long Waiting => _work.Waiting;

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

    public void CloseSome(CloseReason reason, int count) => Add(LoopItemKind.CloseSome, reason, count);

    /// <summary>In order, so that nothing reaches a connection that was handed over before it was there.</summary>
    public void Start(Connection connection) => Add(LoopItemKind.Start, connection);

    /// <summary>In order, so that what was held goes before what comes later.</summary>
    public void Release(Hold hold, Missed missed) => Add(LoopItemKind.Release, hold, missed);

    /// <summary>Goes on with a connection whose client has taken something, or is gone.</summary>
    public void WriteOn(Connection connection) => Urge(LoopItemKind.WriteOn, connection);

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
        if (_work.IsAnyDue)
        {
            Urge(LoopItemKind.EndDue, this);
        }
    }

    /// <summary>Does what is there, then makes room for others on this thread.</summary>
    public void Execute()
    {
        var (urgent, ordered) = _queues.Take();
        _work.Do(urgent, ordered);
        var pause = _work.NeedsPause(_queues.IsPaused);
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
}
