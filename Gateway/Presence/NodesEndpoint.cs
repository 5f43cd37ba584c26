using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Presence;

/// <summary><c>GET /v1/nodes</c>: this node as it is, and every other with what it said of itself in its last heartbeat.</summary>
/// <param name="summary">What this node says of itself.</param>
/// <param name="index">Who is online; null where presence is off.</param>
internal sealed class NodesEndpoint(NodeSummary summary, PresenceIndex? index = null)
{
    /// <summary>After so many of its heartbeats without one of another node, this one calls that one silent.</summary>
    private const int Silent = 2;

    /// <summary>The same without any heartbeat at all: without Kafka a node does not hear its own either.</summary>
    private static readonly TimeSpan SilentFor = 3 * PresenceService.BetweenHeartbeats;

    public async Task List(HttpContext context)
    {
        var self = await summary.ToJson();
        await index.Answer(context, () => RelaxedJson.Write(json =>
        {
            json.WriteStartArray();
            foreach (var node in index!.Nodes)
            {
                Write(json, node.IsSelf ? node with { Missed = 0, Ago = TimeSpan.Zero, Summary = self } : node);
            }

            json.WriteEndArray();
        }));
    }

    private static void Write(Utf8JsonWriter json, ListedNode node)
    {
        json.WriteStartObject();
        json.WriteString("id", node.Id);
        json.WriteBoolean("self", node.IsSelf);
        json.WriteNumber("started", node.Started);
        json.WriteBoolean("silent", node.Missed >= Silent || node.Ago > SilentFor);
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
