using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Sessions;

/// <summary>Entries of the blacklist as the API shows them.</summary>
internal static class BlacklistJson
{
    public static byte[] Entry(BlacklistKey key, Denial denial) => RelaxedJson.Write(json => Write(json, key, denial));

    /// <param name="entries">One page of them.</param>
    /// <param name="next">Where the next page begins; null when there is none.</param>
    public static byte[] Page(IEnumerable<KeyValuePair<BlacklistKey, Denial>> entries, string? next) => RelaxedJson.Write(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("entries");
        foreach (var (key, denial) in entries)
        {
            Write(json, key, denial);
        }

        json.WriteEndArray();
        json.WriteString("next", next);
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, BlacklistKey key, Denial denial)
    {
        json.WriteStartObject();
        json.WriteString(key.IsUser ? "user" : "jti", key.Name);
        if (key.IsUser)
        {
            json.WriteNumber("issued_until", denial.IssuedUntil);
        }

        json.WriteNumber("expires_at", denial.Expires.ToUnixTimeSeconds());
        json.WriteEndObject();
    }
}
