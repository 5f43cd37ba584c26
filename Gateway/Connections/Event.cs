using System.Globalization;
using System.Text;

namespace RigKafka.Connections;

/// <summary>
/// Something that the server tells the listeners of a topic, or one client. Encoded once for each wire format among them.
/// </summary>
/// <param name="topic">The topic; empty for what concerns a connection as a whole.</param>
/// <param name="name">The event's name, such as <c>message</c>.</param>
/// <param name="payload">One line of JSON, as UTF-8.</param>
/// <param name="id">The node's position just after it, as text; empty for none.</param>
/// <param name="timestamp">When it was put into the log, in milliseconds since the Unix epoch; null for what never was there.</param>
/// <param name="retryMs">When a client should come back after the end, in milliseconds; null to leave it as it was told before.</param>
internal sealed class Event(string topic, string name, ReadOnlyMemory<byte> payload, byte[] id, long? timestamp, int? retryMs = null)
{
    /// <summary>The name of the event that tells a position alone.</summary>
    public const string PositionName = "position";

    /// <summary>What a frame has beside topic, name, payload and id, about.</summary>
    private const int Framing = 40;

    private readonly byte[]?[] _frames = new byte[]?[WireFormat.Count];

    public string Topic => topic;

    public string Name => name;

    public ReadOnlyMemory<byte> Payload => payload;

    public ReadOnlySpan<byte> Id => id;

    public long? Timestamp => timestamp;

    public int? RetryMs => retryMs;

    /// <summary>About how many bytes its frame has in any format.</summary>
    public int Size => topic.Length + name.Length + payload.Length + id.Length + Framing;

    /// <summary>A back-end's message.</summary>
    public static Event Message(string topic, ReadOnlyMemory<byte> json, byte[] id, long timestamp) =>
        new(topic, "message", json, id, timestamp);

    /// <summary>Something may be missing here.</summary>
    /// <param name="topic">The topic; empty for every topic of a connection.</param>
    /// <param name="reason">A word that needs no escaping in JSON.</param>
    /// <param name="id">The node's position, as text; empty for none.</param>
    public static Event Gap(string topic, string reason, byte[] id) => new(topic, "gap", Utf8($$"""{"reason":"{{reason}}"}"""), id, null);

    /// <summary>Everything up to here has been given to the client, though there was nothing for it.</summary>
    /// <param name="id">The node's position, as text.</param>
    public static Event Position(byte[] id) => new("", PositionName, "{}"u8.ToArray(), id, null);

    /// <summary>The token of a client ends soon.</summary>
    /// <param name="expiresAt">When the connection ends with it, in seconds since the Unix epoch.</param>
    public static Event TokenExpiring(long expiresAt) => Notice("token_expiring", $$"""{"expires_at":{{expiresAt}}}""");

    /// <summary>The server ends a connection.</summary>
    /// <param name="reason">Why, a word that needs no escaping in JSON.</param>
    /// <param name="reconnect">Whether the client should come back.</param>
    /// <param name="retryMs">When, in milliseconds; null to leave it as it was told before.</param>
    public static Event Closing(string reason, bool reconnect, int? retryMs = null) =>
        new("", "closing", Utf8($$"""{"reason":"{{reason}}","reconnect":{{(reconnect ? "true" : "false")}}}"""), [], null, retryMs);

    /// <summary>The same on a topic.</summary>
    public Event On(string other) => new(other, name, payload, id, timestamp, retryMs);

    /// <summary>The frame in a format. Two loops may encode it at the same time; both make the same bytes.</summary>
    public byte[] Frame(WireFormat format)
    {
        // A format is made with its first client, and may be younger than an event that the client gets.
        if (format.Slot >= _frames.Length)
        {
            return format.Encode(this);
        }

        return _frames[format.Slot] ??= format.Encode(this);
    }

    private static Event Notice(string name, FormattableString payload) => new("", name, Utf8(payload), [], null);

    private static byte[] Utf8(FormattableString json) => Encoding.UTF8.GetBytes(json.ToString(CultureInfo.InvariantCulture));
}
