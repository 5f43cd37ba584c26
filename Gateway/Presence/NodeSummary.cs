using System.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Presence;

/// <summary>What this node says of itself to the others, with each heartbeat.</summary>
internal sealed class NodeSummary(NodeOptions node, HealthCheckService health, LoadHistory load)
{
    /// <summary>One JSON object: its name, its version, its state as the health page says it, and its load.</summary>
    public async Task<string> ToJson()
    {
        var report = await health.CheckHealthAsync();
        return Encoding.UTF8.GetString(RelaxedJson.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("name", node.Name);
            json.WriteString("version", NodeOptions.Version);
            json.WriteString("state", report.Status.Word());
            json.WriteString("trouble", report.Trouble());
            load.Latest?.WriteMembers(json);
            json.WriteEndObject();
        }));
    }
}
