using System.Net;
using RigKafka.Apis;
using RigKafka.Auth;
using RigKafka.Http;
using RigKafka.Messages;

namespace RigKafka.RequestLog;

/// <summary>A proxied call at the moment when it was let in.</summary>
internal readonly record struct RequestLogEntry(DateTimeOffset Time, ApiRoute Route, string Path, IPAddress? Address, Identity? Identity)
{
    /// <summary>The call as JSON, in the fields of the original.</summary>
    /// <param name="identity">The bearer of the call's token.</param>
    public byte[] ToJson(Identity identity) => RelaxedJson.Write((Entry: this, identity), static (json, call) =>
    {
        var (entry, identity) = call;
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
