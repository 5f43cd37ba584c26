using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RigKafka.Presence;

/// <summary>What the listeners of a topic are told, in the shapes that <c>Presence.syncState</c> and <c>Presence.syncDiff</c> of the Phoenix clients read.</summary>
internal static class PresencePayload
{
    public const string StateEvent = "presence_state";
    public const string DiffEvent = "presence_diff";

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary><c>{"alice":{"metas":[{…}]}}</c></summary>
    public static byte[] State(IEnumerable<PresenceEntry> entries) => Write(json => WriteByUser(json, entries));

    /// <summary><c>{"joins":{…},"leaves":{…}}</c>, each as in the state.</summary>
    public static byte[] Diff(IEnumerable<PresenceEntry> joins, IEnumerable<PresenceEntry> leaves) => Write(json =>
    {
        json.WriteStartObject();
        json.WritePropertyName("joins");
        WriteByUser(json, joins);
        json.WritePropertyName("leaves");
        WriteByUser(json, leaves);
        json.WriteEndObject();
    });

    public static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer, Relaxed);
        write(json);
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteByUser(Utf8JsonWriter json, IEnumerable<PresenceEntry> entries)
    {
        json.WriteStartObject();
        foreach (var user in entries.Select(entry => entry.Read()).GroupBy(record => record.User))
        {
            json.WriteStartObject(user.Key);
            json.WriteStartArray("metas");
            foreach (var record in user)
            {
                json.WriteRawValue(record.Meta.Span, skipInputValidation: true);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
