namespace RigKafka.Presence;

/// <summary>A channel of a connection, on whichever node. It keeps the bytes of its record alone, since there may be very many.</summary>
internal sealed class PresenceEntry(PresenceNode node, long connection, string topic, byte[] value)
{
    public PresenceNode Node => node;

    /// <summary>The number of the connection on that node.</summary>
    public long Connection => connection;

    /// <summary>The topic that was joined.</summary>
    public string Topic => topic;

    public byte[] Value => value;

    /// <summary>Its place in a topic that lists it; the others follow by <see cref="PresencePlace.NextOfEntry"/>. Null while its node is not there.</summary>
    public PresencePlace? Place { get; set; }

    /// <summary>What the bytes say. Its record has been read before, so that it can be.</summary>
    public PresenceRecord Read() => PresenceRecord.TryRead(value)!;
}
