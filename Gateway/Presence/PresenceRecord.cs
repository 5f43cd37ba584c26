using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Presence;

/// <summary>What the presence table holds of a channel, as JSON.</summary>
/// <param name="User">Whose channel it is: the key under which it is listed.</param>
/// <param name="Session">The token's <c>jti</c>.</param>
/// <param name="Expires">When the gateway stops taking the token, in milliseconds since the Unix epoch; null for never.</param>
/// <param name="Roles">The user's roles.</param>
/// <param name="Time">Since when, in milliseconds since the Unix epoch.</param>
/// <param name="Meta">What others are shown, a JSON object in one line.</param>
internal sealed record PresenceRecord(string User, string Session, long? Expires, IReadOnlyList<string> Roles, long Time, ReadOnlyMemory<byte> Meta)
{
    /// <summary>What a meta has beside the claims.</summary>
    public static readonly IReadOnlyList<string> OwnMembers = ["time", "address", "device", "browser", "phx_ref"];

    public DateTimeOffset ExpiresAt => Expires is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : DateTimeOffset.MaxValue;

    public bool IsOwn(string topic) => topic.StartsWith(Topic.UserPrefix, StringComparison.Ordinal) && topic.AsSpan(Topic.UserPrefix.Length).SequenceEqual(User);

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

    /// <summary>Null for a value that is no such record. Members that it does not know are passed over.</summary>
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

        // Beyond the calendar.
        if (expires is < -62_135_596_800_000 or > 253_402_300_799_999)
        {
            return null;
        }

        return user is null || session is null || time is null || meta.IsEmpty ? null : new PresenceRecord(user, session, expires, roles ?? [], time.Value, meta);
    }
}
