namespace RigKafka.Connections;

/// <summary>Something that the server tells all listeners of a topic. Encoded once for each wire format that a listener has.</summary>
/// <param name="topic">The topic; empty for what concerns a connection as a whole.</param>
/// <param name="name">The event's name, such as <c>message</c>.</param>
/// <param name="payload">One line of JSON, as UTF-8.</param>
/// <param name="id">The node's position just after it, as text.</param>
/// <param name="timestamp">When it was put into the log, in milliseconds since the Unix epoch; null for what never was there.</param>
internal sealed class Event(string topic, string name, ReadOnlyMemory<byte> payload, byte[] id, long? timestamp)
{
    /// <summary>What a frame has beside topic, name, payload and id, about.</summary>
    private const int Framing = 40;

    private readonly byte[]?[] _frames = new byte[]?[WireFormat.Count];

    public string Topic => topic;

    public string Name => name;

    public ReadOnlyMemory<byte> Payload => payload;

    public ReadOnlySpan<byte> Id => id;

    public long? Timestamp => timestamp;

    /// <summary>About how many bytes its frame has in any format.</summary>
    public int Size => topic.Length + name.Length + payload.Length + id.Length + Framing;

    /// <summary>The same on a topic.</summary>
    public Event On(string other) => new(other, name, payload, id, timestamp);

    /// <summary>The frame in a format. Two loops may encode it at the same time; both make the same bytes.</summary>
    public byte[] Frame(WireFormat format) => _frames[format.Slot] ??= format.Encode(this);
}
