using System.Globalization;
using System.Text;
using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Presence;

/// <summary>The value that the presence table has for a channel, as JSON.</summary>
/// <param name="User">Whose channel it is: the name under which it is listed.</param>
/// <param name="Session">The token's <c>jti</c>.</param>
/// <param name="Expires">When the gateway stops taking the token, in milliseconds since the Unix epoch; null for never.</param>
/// <param name="Roles">The user's roles.</param>
/// <param name="Time">Since when, in milliseconds since the Unix epoch.</param>
/// <param name="Meta">What others are shown, a JSON object in one line.</param>
internal sealed record PresenceRecord(
    string User, string Session, long? Expires, IReadOnlyList<string> Roles, long Time, ReadOnlyMemory<byte> Meta)
{
    /// <summary>The members that a meta has beside the claims.</summary>
    public static readonly IReadOnlyList<string> OwnMembers = ["time", "address", "device", "browser", "phx_ref"];

    public DateTimeOffset ExpiresAt => Expires is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : DateTimeOffset.MaxValue;

    public bool IsOwn(string topic) =>
        topic.StartsWith(Topic.UserPrefix, StringComparison.Ordinal) && topic.AsSpan(Topic.UserPrefix.Length).SequenceEqual(User);

    /// <param name="visitor">Whose channel it is; has a user.</param>
    /// <param name="now">Since when, in milliseconds since the Unix epoch.</param>
    /// <param name="reference">The entry's <c>phx_ref</c>: by it clients tell one entry from another.</param>
    public static byte[] Write(Visitor visitor, long now, string reference) => RelaxedJson.Write(json =>
    {
        var identity = visitor.Identity;
        json.WriteStartObject();
        json.WriteString("user", identity.User);
        json.WriteString("jti", identity.Session);
        json.WriteNumber("time", now);
        if (identity.Expires < DateTimeOffset.MaxValue)
        {
            json.WriteNumber("expires", identity.Expires.ToUnixTimeMilliseconds());
        }

        if (identity.Roles is { Count: > 0 } roles)
        {
            json.WriteStartArray("roles");
            foreach (var role in roles)
            {
                json.WriteStringValue(role);
            }

            json.WriteEndArray();
        }

        json.WritePropertyName("meta");
        json.WriteRawValue(MetaOf(visitor, now, reference), skipInputValidation: true);
        json.WriteEndObject();
    });

    /// <summary>Null for a value that is not such a record. Ignores members that it does not know.</summary>
    public static PresenceRecord? TryRead(byte[] value)
    {
        try
        {
            return Read(value);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>The public claims, and after them the members of our own.</summary>
    private static byte[] MetaOf(Visitor visitor, long now, string reference)
    {
        var own = RelaxedJson.Write(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("time", now);
            json.WriteString("address", visitor.Address);
            json.WriteString("device", visitor.Device);
            json.WriteString("browser", visitor.Browser);
            json.WriteString("phx_ref", reference);
            json.WriteEndObject();
        });
        return visitor.Identity.PublicClaims is { Length: > 2 } claims ? [.. claims.AsSpan(..^1), (byte)',', .. own.AsSpan(1..)] : own;
    }

    private static PresenceRecord? Read(byte[] value)
    {
        var reader = new Utf8JsonReader(value);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }

        string? user = null, session = null;
        long? expires = null, time = null;
        List<string>? roles = null;
        var meta = default(ReadOnlyMemory<byte>);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "user":
                    user = reader.GetString();
                    break;
                case "jti":
                    session = reader.GetString();
                    break;
                case "expires":
                    expires = reader.GetInt64();
                    break;
                case "time":
                    time = reader.GetInt64();
                    break;
                case "roles" when reader.TokenType == JsonTokenType.StartArray:
                    roles = [];
                    while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    {
                        roles.Add(reader.GetString()!);
                    }

                    break;
                case "meta" when reader.TokenType == JsonTokenType.StartObject:
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    meta = value.AsMemory(start, (int)reader.BytesConsumed - start);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        // What no calendar has.
        if (expires is < -62_135_596_800_000 or > 253_402_300_799_999)
        {
            return null;
        }

        return user is null || session is null || time is null || meta.IsEmpty
            ? null
            : new PresenceRecord(user, session, expires, roles ?? [], time.Value, meta);
    }
}

/// <summary>The value that the presence table has for a node itself, which writes it again and again while it runs.</summary>
/// <param name="Started">When the node started, in milliseconds since the Unix epoch, by its own clock.</param>
/// <param name="Beat">The number of the heartbeat, from 1. A heartbeat that could not be written is repeated with the same number.</param>
/// <param name="Summary">What the node says of itself, a JSON object; null from a node of an older version, which ignores it too.</param>
internal readonly record struct PresenceHeartbeat(long Started, long Beat, string? Summary = null)
{
    public byte[] Write() => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Started} {Beat}{(Summary is null ? "" : $" {Summary}")}"));

    /// <summary>Zero for a number that this version cannot read.</summary>
    public static PresenceHeartbeat Read(byte[] value)
    {
        var parts = Encoding.UTF8.GetString(value).Split(' ', 3);
        return new PresenceHeartbeat(Number(0), Number(1), parts is [_, _, var summary] ? summary : null);

        long Number(int part) =>
            parts.Length > part && long.TryParse(parts[part], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}

/// <summary>
/// A key of the presence table: <c>node/connection/topic</c> for a channel, or <c>node</c> for the node itself.
/// The node's id is new at every start, so a node that starts again does not bring its old channels back.
/// </summary>
/// <param name="Node">The node's id.</param>
/// <param name="Connection">The number of the connection on that node; 0 for the node itself.</param>
/// <param name="Topic">The topic; null for the node itself.</param>
internal readonly record struct PresenceKey(string Node, long Connection, string? Topic)
{
    public static string OfChannel(string node, long connection, string topic) =>
        string.Create(CultureInfo.InvariantCulture, $"{node}/{connection}/{topic}");

    /// <summary>Whether a key is that of a node, or of one of its channels.</summary>
    public static bool IsOf(string node, string text) =>
        text.StartsWith(node, StringComparison.Ordinal) && (text.Length == node.Length || text[node.Length] == '/');

    /// <summary>Null for a key of another form.</summary>
    public static PresenceKey? TryParse(string text)
    {
        var afterNode = text.IndexOf('/', StringComparison.Ordinal);
        if (afterNode < 0)
        {
            return text.Length == 0 ? null : new PresenceKey(text, 0, null);
        }

        var afterConnection = text.IndexOf('/', afterNode + 1);
        if (afterNode == 0 || afterConnection < 0)
        {
            return null;
        }

        var number = text.AsSpan()[(afterNode + 1)..afterConnection];
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var connection)
            ? new PresenceKey(text[..afterNode], connection, text[(afterConnection + 1)..])
            : null;
    }
}
