using RigKafka.Telemetry;

namespace RigKafka.Connections;

/// <summary>The open connections of this node, and who listens to which topic.</summary>
internal sealed partial class ConnectionRegistry
{
    /// <summary>Into how many steps a heartbeat interval is divided.</summary>
    public const int HeartbeatSlots = 100;

    private readonly Dictionary<string, TopicListeners> _topics = [];
    private readonly Dictionary<string, TopicListeners>.AlternateLookup<ReadOnlySpan<char>> _topicsByText;
    private readonly DeliveryLoop[] _loops;
    private readonly ConnectionOptions _options;
    private readonly GatewayMetrics _metrics;
    private readonly ILogger _logger;
    private long _last;
    private int _open;
    private TaskCompletionSource? _allClosed;

    public ConnectionRegistry(
        ConnectionOptions options, ExpiryRule expiry, GatewayMetrics metrics, TimeProvider time, ILogger<ConnectionRegistry> logger)
    {
        _options = options;
        Expiry = expiry;
        _metrics = metrics;
        _logger = logger;
        _topicsByText = _topics.GetAlternateLookup<ReadOnlySpan<char>>();
        var loops = options.DeliveryLoops > 0 ? options.DeliveryLoops : Environment.ProcessorCount;
        _loops = [.. Enumerable.Range(0, loops).Select(number => new DeliveryLoop(number, this, options, metrics, time))];
        metrics.ObserveOutboxes(() => _loops.Sum(loop => loop.Waiting));
    }

    /// <summary>
    /// The lock that makes this node's one total order: under it, each event has either been handed to the loops or not been looked at.
    /// </summary>
    public Lock TotalOrder { get; } = new();

    /// <summary>What becomes of connections whose token expires.</summary>
    public ExpiryRule Expiry { get; }

    /// <summary>How many bytes may wait for each connection.</summary>
    public int OutboxMaxBytes => _options.OutboxMaxBytes;

    /// <summary>How many connections are open.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Whether nobody is let in any more, since the node ends.</summary>
    public bool IsShut { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    /// <summary>A connection listens to a topic no longer. Said under <see cref="TotalOrder"/>.</summary>
    public event Action<Connection, string>? Left;

    /// <summary>The open connections by session and by user.</summary>
    public SessionIndex SessionIndex { get; } = new();

    /// <summary>
    /// Opens a connection that can be found by its session from here on. Its events are held until <see cref="Connection.Start"/>.
    /// </summary>
    /// <param name="wire">Where its bytes go.</param>
    /// <param name="format">How events look there.</param>
    /// <param name="transport">The name of the transport, for the metrics.</param>
    /// <param name="holder">Whose it is, and so when it ends.</param>
    public Connection Add(Wire wire, WireFormat format, string transport, Holder? holder = null)
    {
        Interlocked.Increment(ref _open);
        _metrics.ConnectionOpened(transport);
        var id = Interlocked.Increment(ref _last);
        var loop = _loops[id % _loops.Length];
        var connection = new Connection(loop, wire, format, transport, holder) { Id = id };
        connection.Term.ExpiresAt = holder is null ? long.MaxValue : Expiry.EndOf(holder.Expires);
        SessionIndex.Add(connection);
        return connection;
    }

    /// <summary>Makes a connection a listener of a topic, from the next event on. Under <see cref="TotalOrder"/>.</summary>
    /// <param name="connection">The connection; one that has ended joins nothing.</param>
    /// <param name="topic">The topic. A connection that listens to it already leaves it first.</param>
    /// <param name="frames">What the client is told before the first event.</param>
    /// <param name="format">How its events look; the connection's format if null.</param>
    /// <param name="hold">What takes its events until it is released; null for nothing.</param>
    public void Join(Connection connection, string topic, byte[]? frames = null, WireFormat? format = null, Hold? hold = null)
    {
        if (connection.IsRemoved)
        {
            return;
        }

        Leave(connection, topic);
        if (!_topics.TryGetValue(topic, out var listeners))
        {
            listeners = new TopicListeners(topic, _loops);
            _topics.Add(topic, listeners);
        }

        var channel = new Channel(connection, listeners, format ?? connection.Format, hold) { NextOfConnection = connection.Channels };
        connection.Channels = channel;
        listeners.Count(channel);
        connection.Loop.Join(channel, frames);
    }

    /// <summary>Makes a connection no listener of a topic any more, from the next event on. Under <see cref="TotalOrder"/>.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="topic">The topic; nothing happens if the connection does not listen to it.</param>
    /// <param name="frames">What the client is told after the last event.</param>
    public void Leave(Connection connection, string topic, byte[]? frames = null)
    {
        Channel? previous = null;
        var channel = connection.IsRemoved ? null : connection.Channels;
        for (; channel is not null && channel.Topic.Topic != topic; channel = channel.NextOfConnection)
        {
            previous = channel;
        }

        if (channel is null)
        {
            return;
        }

        if (previous is null)
        {
            connection.Channels = channel.NextOfConnection;
        }
        else
        {
            previous.NextOfConnection = channel.NextOfConnection;
        }

        Forget(channel);
        connection.Loop.Leave(channel, frames);
    }

    /// <summary>The listeners of a topic; null when it has none. Under <see cref="TotalOrder"/>.</summary>
    public TopicListeners? Find(ReadOnlySpan<char> topic) => _topicsByText.TryGetValue(topic, out var listeners) ? listeners : null;

    /// <summary>The channels that a connection has joined.</summary>
    public IReadOnlyList<Channel> ChannelsOf(Connection connection)
    {
        lock (TotalOrder)
        {
            var channels = new List<Channel>();
            for (var channel = connection.Channels; channel is not null; channel = channel.NextOfConnection)
            {
                channels.Add(channel);
            }

            return channels;
        }
    }

    /// <summary>An event for one connection: on each topic that it has joined, where its client hears by topic alone.</summary>
    /// <remarks>Where <paramref name="evenUnanswered"/>, on those too whose join its loop has yet to answer.</remarks>
    public byte[] Frame(Connection connection, Event pushed, bool evenUnanswered) => connection.Format.IsByTopic
        ? [.. ChannelsOf(connection).Where(channel => evenUnanswered || channel.IsLinked)
            .SelectMany(channel => channel.Format.Encode(pushed.On(channel.Topic.Topic)))]
        : pushed.Frame(connection.Format);

    /// <summary>Forgets a connection that has ended.</summary>
    public void Remove(Connection connection)
    {
        SessionIndex.Remove(connection);
        lock (TotalOrder)
        {
            connection.IsRemoved = true;
            for (var channel = connection.Channels; channel is not null; channel = channel.NextOfConnection)
            {
                Forget(channel);
            }
        }

        if (Interlocked.Decrement(ref _open) == 0)
        {
            Volatile.Read(ref _allClosed)?.TrySetResult();
        }

        _metrics.ConnectionClosed(connection.Transport, connection.Closing!.Name);
        var level = connection.Closing == CloseReason.SlowConsumer ? LogLevel.Information : LogLevel.Debug;
        LogClosed(level, connection.Transport, connection.Closing.Name);
    }

    private void Forget(Channel channel)
    {
        if (channel.Topic.Discount(channel))
        {
            _topics.Remove(channel.Topic.Topic);
        }

        Left?.Invoke(channel.Connection, channel.Topic.Topic);
    }

    /// <summary>Tells every connection that has joined something or been started. Under <see cref="TotalOrder"/>.</summary>
    public void Broadcast(Event pushed)
    {
        // Those of now: a channel that leaves later is told before it does.
        TopicListeners[] topics = [.. _topics.Values];
        Array.ForEach(_loops, loop => loop.Broadcast(pushed, topics));
    }

    /// <summary>Gives the next heartbeat slot of every loop its sign of life. Under <see cref="TotalOrder"/>.</summary>
    /// <param name="id">The node's position.</param>
    public void Heartbeat(byte[] id) => Array.ForEach(_loops, loop => loop.Heartbeat(id));

    /// <summary>Has the loops end what is due.</summary>
    public void LookAtDeadlines() => Array.ForEach(_loops, loop => loop.LookAtDeadlines());

    /// <summary>Closes about so many connections, spread over the loops, and tells their clients to come back soon: they do not come all at once.</summary>
    public void CloseSome(CloseReason reason, int count) =>
        Array.ForEach(_loops, loop => loop.CloseSome(reason, (int)((count + Random.Shared.NextInt64(_loops.Length)) / _loops.Length)));

    /// <summary>Closes every connection, those included that are just being opened, after the events handed over so far.</summary>
    public void CloseAll(CloseReason reason) => Array.ForEach(_loops, loop => loop.CloseAll(reason));

    /// <summary>
    /// Completes when no connection is open. For the end of the node: it does not wait again for connections that are opened later.
    /// </summary>
    public Task WhenAllClosed()
    {
        var created = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var allClosed = Interlocked.CompareExchange(ref _allClosed, created, null) ?? created;
        if (Open == 0)
        {
            allClosed.TrySetResult();
        }

        return allClosed.Task;
    }

    /// <summary>Completes when every loop has room for more events: the fan-out waits for processor time, never for a socket.</summary>
    public ValueTask WhenRoom()
    {
        foreach (var loop in _loops)
        {
            if (loop.Room is { } room)
            {
                return Wait(room);
            }
        }

        return ValueTask.CompletedTask;

        async ValueTask Wait(Task room)
        {
            await room;
            await WhenRoom();
        }
    }

    [LoggerMessage(EventId = 1100, EventName = "ConnectionClosed", Message = "A connection was closed: {Transport}, {Reason}.")]
    private partial void LogClosed(LogLevel level, string transport, string reason);
}
