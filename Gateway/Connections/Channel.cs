namespace RigKafka.Connections;

/// <summary>A connection's membership of one topic: a link in the topic's list of listeners.</summary>
internal sealed class Channel(Connection connection, TopicListeners topic)
{
    public Connection Connection => connection;

    public TopicListeners Topic => topic;

    /// <summary>The next channel of the same connection.</summary>
    public Channel? NextOfConnection { get; set; }

    /// <summary>The neighbours in the list; only the connection's delivery loop may touch them.</summary>
    public Channel? Next { get; set; }

    public Channel? Previous { get; set; }

    /// <summary>Whether the delivery loop has linked it in.</summary>
    public bool IsLinked { get; set; }
}
