using RigKafka.Auth;
using RigKafka.Http;
using RigKafka.Messages;

namespace RigKafka.RequestLog;

/// <summary>A proxied call as JSON, in the fields of the original.</summary>
internal static class RequestLogRecord
{
    public static byte[] Json(RequestLogEntry entry, Identity identity) => RelaxedJson.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("id", Guid.NewGuid());
        json.WriteString("username", identity.User);
        json.WriteString("jti", identity.Session);
        json.WriteString("type", "PROXY_API_CALL");
        json.WriteString("version", "1.0");
        json.WriteNumber("timestamp", entry.Time.ToUnixTimeSeconds());
        json.WriteNumber("level", 0);
        json.WriteStartObject("payload");
        json.WritePropertyName("endpoint");
        entry.Route.Endpoint.Json.WriteTo(json);
        json.WritePropertyName("api_definition");
        entry.Route.Definition.Json.WriteTo(json);
        json.WriteString("request_path", entry.Path);
        json.WriteString("remote_ip", entry.Address.ToText());
        json.WriteEndObject();
        json.WriteEndObject();
    });
}
