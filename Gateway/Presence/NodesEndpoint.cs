using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Presence;

/// <summary><c>GET /v1/nodes</c>: every node, with what it said of itself in its last heartbeat.</summary>
/// <param name="index">Who is online; null where presence is off.</param>
internal sealed class NodesEndpoint(PresenceIndex? index = null)
{
    /// <summary>After so many of its heartbeats without one of another node, this one calls that one silent.</summary>
    private const int Silent = 2;

    public Task List(HttpContext context) => index.Answer(context, () => RelaxedJson.Write(json =>
    {
        json.WriteStartArray();
        foreach (var node in index!.Nodes)
        {
            Write(json, node);
        }

        json.WriteEndArray();
    }));

    private static void Write(Utf8JsonWriter json, ListedNode node)
    {
        json.WriteStartObject();
        json.WriteString("id", node.Id);
        json.WriteBoolean("self", node.IsSelf);
        json.WriteNumber("started", node.Started);
        json.WriteBoolean("silent", node.Missed >= Silent);
        foreach (var member in Members(node.Summary))
        {
            // Another version may say more of itself, or less.
            if (member.Name is not ("id" or "self" or "started" or "silent"))
            {
                member.WriteTo(json);
            }
        }

        json.WriteEndObject();
    }

    private static IReadOnlyList<JsonProperty> Members(string? summary)
    {
        try
        {
            return summary is not null && JsonDocument.Parse(summary).RootElement is { ValueKind: JsonValueKind.Object } json
                ? [.. json.EnumerateObject()]
                : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
