namespace RigKafka.Connections;

/// <summary>A connection's membership of one topic: a link in the topic's list of listeners.</summary>
/// <param name="connection">The connection.</param>
/// <param name="topic">The topic.</param>
/// <param name="format">How its events look: the connection's format, or that with ids.</param>
/// <param name="hold">Takes its events while the messages that its client missed are fetched; null when there is nothing to wait for.</param>
internal sealed class Channel(Connection connection, TopicListeners topic, WireFormat format, Hold? hold)
{
    public Connection Connection => connection;

    public TopicListeners Topic => topic;

    public WireFormat Format => format;

    /// <summary>What takes its events instead of the outbox; only the connection's delivery loop may touch it.</summary>
    public Hold? Hold { get; set; } = hold;

    /// <summary>The next channel of the same connection.</summary>
    public Channel? NextOfConnection { get; set; }

    /// <summary>The neighbours in the list; only the connection's delivery loop may touch them.</summary>
    public Channel? Next { get; set; }

    public Channel? Previous { get; set; }

    /// <summary>Whether the delivery loop has linked it in.</summary>
    public bool IsLinked { get; set; }
}
