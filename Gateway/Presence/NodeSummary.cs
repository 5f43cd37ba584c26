using System.Text;
using System.Text.Json;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Presence;

/// <summary>What this node says of itself to the others, with each heartbeat.</summary>
internal sealed class NodeSummary(NodeOptions node, IMessageLog log, LoadHistory load)
{
    /// <summary>One JSON object: its name, version and state, and its load.</summary>
    public string ToJson() => Encoding.UTF8.GetString(RelaxedJson.Write(WriteTo));

    private void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", node.Name);
        json.WriteString("version", NodeOptions.Version);
        var (ready, trouble) = log.Health;
        json.WriteString("state", !ready ? "unready" : trouble is null ? "ready" : "degraded");
        json.WriteString("trouble", trouble);
        load.Latest?.WriteMembers(json);
        json.WriteEndObject();
    }
}
