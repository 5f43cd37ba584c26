using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using RigKafka.Apis;
using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Delivery;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Proxy;
using RigKafka.RequestLog;
using RigKafka.Sessions;
using RigKafka.Telemetry;

namespace RigKafka.Tests.Proxy;

/// <summary>A gateway with nothing but the proxy, and short ways to say what it proxies.</summary>
internal static class ProxyApp
{
    public const string Secret = "a secret that is long enough for the gateway to be content";

    public static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

    /// <remarks>A service has as long as a test waits, unless the settings say otherwise: on a busy machine one takes seconds.</remarks>
    public static Task<TestApp> Start(Dictionary<string, string?>? settings = null, Action<WebApplicationBuilder>? add = null)
    {
        var all = new Dictionary<string, string?>(settings ?? []) { ["JWT_SECRET_KEY"] = Secret };
        all.TryAdd("PROXY_RESPONSE_TIMEOUT_MS", $"{Limits.Hang.TotalMilliseconds}");
        return TestApp.Start(
            add: (builder, reader) =>
            {
                builder.Services.AddSingleton<GatewayMetrics>();
                builder.AddMessages(reader);
                builder.AddLog(reader);
                builder.Services.AddSingleton(reader.Read<ConnectionOptions>()).AddSingleton<ConnectionRegistry>();
                builder.Services.AddSingleton(reader.Read<ShutdownOptions>());
                builder.AddAuth(reader);
                builder.AddSessions(reader);
                builder.AddApis(reader);
                builder.AddRequestLog(reader);
                builder.AddProxy(reader);
                add?.Invoke(builder);
            },
            external: routes => routes.MapProxy(),
            api: routes => routes.MapApis(),
            settings: all);
    }

    public static string Token(string claims = """{"jti":"s1","user":"alice","roles":[],"exp":4102444800}""")
        => Jws.Sign(claims, secret: Secret);

    /// <summary>A definition as the least that is asked for.</summary>
    public static JsonObject Definition(string id, int port, params JsonObject[] endpoints) => new()
    {
        ["id"] = id,
        ["version_data"] = new JsonObject { ["default"] = new JsonObject { ["endpoints"] = new JsonArray([.. endpoints]) } },
        ["proxy"] = new JsonObject { ["use_env"] = false, ["target_url"] = "127.0.0.1", ["port"] = port },
    };

    public static JsonObject Endpoint(string method, string path)
        => new() { ["id"] = $"{method} {path}", ["method"] = method, ["path"] = path, ["not_secured"] = true };

    /// <summary>The definition of a service of HTTP/2.</summary>
    public static JsonObject OverHttp2(this JsonObject definition)
    {
        definition["proxy"]!["http_version"] = "2";
        return definition;
    }

    /// <summary>The definition of a service whose host is in a variable of the environment.</summary>
    public static JsonObject AtHostOf(this JsonObject definition, string variable)
    {
        (definition["proxy"]!["use_env"], definition["proxy"]!["target_url"]) = (true, variable);
        return definition;
    }

    /// <summary>A definition whose endpoints may add headers to forwarded requests.</summary>
    public static JsonObject AddingHeaders(this JsonObject definition, JsonObject headers)
    {
        definition["version_data"]!["default"]!["transform_request_headers"] = new JsonObject { ["add_headers"] = headers };
        return definition;
    }

    public static JsonObject With(this JsonObject json, string name, JsonNode? value)
    {
        json[name] = value;
        return json;
    }

    public static async Task Define(this TestApp app, JsonObject definition)
    {
        using var response = await app.PostApi(definition.ToJsonString());
        Assert.That(await response.Content.ReadAsStringAsync().Soon(), Is.EqualTo("""{"message":"ok"}"""));
    }

    public static Task<HttpResponseMessage> PostApi(this TestApp app, string json)
        => app.Api.PostAsync("/v1/apis", new StringContent(json, Encoding.UTF8, "application/json")).Soon();

    public static Task<HttpResponseMessage> Call(
        this TestApp app,
        string method,
        string path,
        HttpContent? content = null,
        params (string Name, string Value)[] headers)
    {
        var address = new Uri(
            app.External.BaseAddress!.OriginalString.TrimEnd('/') + path,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(new HttpMethod(method), address) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return app.External.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Soon();
    }

    public static async Task<string> Text(this Task<HttpResponseMessage> answering)
    {
        using var response = await answering;
        return await response.Content.ReadAsStringAsync().Soon();
    }
}
