using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Presence;

/// <summary>
/// What the listeners of a topic are told, in the shapes that <c>Presence.syncState</c>
/// and <c>Presence.syncDiff</c> of the Phoenix clients read.
/// </summary>
internal static class PresencePayload
{
    public const string StateEvent = "presence_state";
    public const string DiffEvent = "presence_diff";

    /// <summary><c>{"alice":{"metas":[{…}]}}</c></summary>
    public static byte[] State(IEnumerable<PresenceEntry> entries) => RelaxedJson.Write(entries, WriteByUser);

    /// <summary><c>{"joins":{…},"leaves":{…}}</c>, each as in the state.</summary>
    public static byte[] Diff(IEnumerable<PresenceEntry> joins, IEnumerable<PresenceEntry> leaves) =>
        RelaxedJson.Write((joins, leaves), static (json, changes) =>
        {
            json.WriteStartObject();
            json.WritePropertyName("joins");
            WriteByUser(json, changes.joins);
            json.WritePropertyName("leaves");
            WriteByUser(json, changes.leaves);
            json.WriteEndObject();
        });

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
