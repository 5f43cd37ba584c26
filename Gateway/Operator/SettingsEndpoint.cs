using RigKafka.Http;
using RigKafka.Messages;
using RigKafka.Settings;

namespace RigKafka.Operator;

/// <summary><c>GET /v1/settings</c>: every setting of this node, secrets hidden.</summary>
internal sealed class SettingsEndpoint(SettingsReader settings)
{
    public Task List(HttpContext context) => context.AnswerJson(StatusCodes.Status200OK, RelaxedJson.Write(json =>
    {
        json.WriteStartArray();
        foreach (var setting in settings.Settings)
        {
            json.WriteStartObject();
            json.WriteString("name", setting.Name);
            json.WriteString("feature", setting.Folder);
            json.WriteString("value", setting.Value);
            json.WriteString("default", setting.Default);
            json.WriteBoolean("changed", setting.Value != setting.Default);
            json.WriteString("allowed", setting.Allowed);
            json.WriteString("description", setting.Description);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }));
}
