namespace RigKafka.Presence;

/// <summary>A channel of a connection, on any node. There may be very many, so it keeps only the bytes of its record.</summary>
internal sealed class PresenceEntry(string node, long connection, string topic, byte[] value)
{
    /// <summary>The id of the node.</summary>
    public string Node => node;

    /// <summary>The number of the connection on that node.</summary>
    public long Connection => connection;

    /// <summary>The topic that was joined.</summary>
    public string Topic => topic;

    public byte[] Value => value;

    /// <summary>
    /// Its place in a topic that lists it; the others follow by <see
    /// cref="PresenceTopic.Place.NextOfEntry"/>. Null while its node is not there.
    /// </summary>
    public PresenceTopic.Place? Place { get; set; }

    /// <summary>What the bytes say. They were checked before this was made.</summary>
    public PresenceRecord Read() => PresenceRecord.TryRead(value)!;
}
