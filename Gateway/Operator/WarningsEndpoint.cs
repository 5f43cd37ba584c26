using RigKafka.Http;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Operator;

/// <summary><c>GET /v1/warnings</c>: the last warnings and errors of this node, whatever the level of its log, the newest first.</summary>
internal sealed class WarningsEndpoint(RecentWarnings warnings)
{
    public Task List(HttpContext context) => context.AnswerJson(StatusCodes.Status200OK, RelaxedJson.Write(json =>
    {
        json.WriteStartArray();
        foreach (var warning in warnings.Newest)
        {
            json.WriteStartObject();
            json.WriteNumber("time", warning.Time.ToUnixTimeMilliseconds());
            json.WriteString("level", warning.Level == LogLevel.Warning ? "warning" : "error");
            json.WriteString("category", warning.Category);
            json.WriteString("event", warning.Event);
            json.WriteString("text", warning.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }));
}
