using System.Net;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Sessions;

namespace RigKafka.IntegrationTests.OpenApi;

/// <summary>What <c>/openapi/v1.json</c> says of the API is what the API does.</summary>
internal sealed class OpenApiTests
{
    private const string Messages = "POST /v1/messages";
    private const string Sessions = "/v1/users/{user}/sessions/{jti}";
    private const string Blacklist = "/v1/blacklist";
    private const string OneSession = "/v1/blacklist/{jti}";
    private const string OneUser = "/v1/blacklist/users/{user}";
    private const string Users = "/v1/users";
    private const string OneUserOnline = "/v1/users/{user}";
    private const string UserSessions = "/v1/users/{user}/sessions";
    private const string SessionOnline = "/v1/sessions/{jti}";
    private const string AliceSession = "/v1/sessions/session%20of%20alice";
    private const string Listeners = "POST /v1/messages/listeners";
    private const string TokenCheck = "POST /v1/tokens/check";
    private const string NodeEvents = "GET /v1/node/events";
    private const string Apis = "/v1/apis";
    private const string OneApi = "/v1/apis/{id}";
    private const string Json = "application/json";
    private const string ApiToken = "the-token-of-these-tests";
    private const string Api = """{"id":"shop","name":"shop","auth_type":"jwt","version_data":{"default":{"endpoints":[{"id":"get","path":"/shop/{id}","method":"GET"},{"path":"/orders","method":"POST","target":"kafka","topic":"orders","key":{"claim":"user"},"headers":{"a":{"value":"b"}}}]}},"proxy":{"use_env":false,"target_url":"localhost","port":1234},"more":{"of":"mine"}}""";

    /// <summary>What no request of these tests brings about: a fault of the gateway, and a definition that grew until the table could not take it.</summary>
    private static bool IsOutOfReach(string answer) => answer.EndsWith(" 500", StringComparison.Ordinal) || answer == $"DELETE {OneApi} 413";

    [Test]
    public async Task Document_IsValid()
    {
        await using var node = await GatewayNode.Start(new() { ["API_TOKEN"] = ApiToken });

        using var answer = await node.GetApi("/openapi/v1.json");
        Assert.That((answer.StatusCode, answer.Content.Headers.ContentType!.MediaType), Is.EqualTo((HttpStatusCode.OK, Json)));
        var read = OpenApiDocument.Parse(await answer.Content.ReadAsStringAsync(), OpenApiConstants.Json);

        Assert.That(read.Diagnostic!.Errors.Concat(read.Diagnostic.Warnings), Is.Empty);
        Assert.That(read.Diagnostic.SpecificationVersion, Is.EqualTo(OpenApiSpecVersion.OpenApi3_1));
        var operations = read.Document!.Paths.SelectMany(path => path.Value.Operations!.Values).ToList();
        Assert.That(operations.Select(operation => operation.OperationId), Is.Unique.And.None.Null);
        Assert.That(operations.SelectMany(operation => operation.Responses!.Values), Is.All.Matches<IOpenApiResponse>(response => response?.Description?.Length > 0 && response.Headers?.ContainsKey("x-request-id") == true));
    }

    [Test]
    public async Task Document_HasExactlyTheRoutesOfTheApi()
    {
        await using var node = await GatewayNode.Start();
        var document = await ApiDocument.Of(node);

        var mapped =
            from route in node.Routes
            let path = "/" + route.RoutePattern.RawText!.Trim('/')
            where !path.StartsWith("/socket/", StringComparison.Ordinal) && path != "/{**path}"
            from method in route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods is { Count: > 0 } methods ? methods : ["GET"]
            select $"{method} {path}";

        Assert.That(document.Operations, Is.EquivalentTo(mapped.Distinct()));
    }

    [Test]
    public async Task EveryAnswer_IsAsDocumented_AndEveryDocumentedOneIsGiven()
    {
        var hosts = await TestKafka.Hosts();
        var settings = new Dictionary<string, string?>
        {
            ["API_TOKEN"] = ApiToken,
            ["MESSAGE_MAX_BYTES"] = "1024",
            ["HTTP_REQUEST_LINE_MAX_BYTES"] = "200000",
            ["HTTP_MIN_RATE_GRACE_MS"] = "1001",
            ["PUBLISH_TIMEOUT_MS"] = "2000",
        };
        await using var node = await KafkaNode.Start(hosts, TestTopics.NewName(), settings);
        settings["PUBLISH_TIMEOUT_MS"] = "100";
        await using var lost = await KafkaNode.Start("127.0.0.1:1", TestTopics.NewName(), settings, waitUntilReady: false);
        await using var without = await GatewayNode.Start(new() { ["API_TOKEN"] = ApiToken, ["PRESENCE_ENABLED"] = "false" });
        var document = await ApiDocument.Of(node);
        await Wait.Until(async () => (await node.Call(HttpMethod.Get, "/v1/apis", null, $"Bearer {ApiToken}")).StatusCode == HttpStatusCode.OK, "the API definitions are read");

        var slow = Task.WhenAll(new[] { Messages, Listeners, TokenCheck, $"PUT {OneSession}", $"PUT {OneUser}", $"POST {Apis}", $"PUT {OneApi}" }.Select(operation => AskSlowly(document, node, operation)));
        await AskWell(document, node);
        foreach (var path in new[] { Users, OneUserOnline, UserSessions, SessionOnline, "/v1/nodes" })
        {
            await Ask(document, without, $"GET {path}", 404);
        }

        foreach (var operation in document.Operations)
        {
            await Ask(document, lost, operation, document.Answers.Contains($"{operation} 503") ? 503 : 200, operation is Messages or Listeners ? """{"user":"alice"}""" : "{}", operation.StartsWith('P') ? Json : null);
            await Ask(document, node, operation, 403, header: ("Origin", "https://evil.example"));
            if (document.Answers.Contains($"{operation} 421"))
            {
                await Ask(document, node, operation, 421, header: ("Host", "rebound.example"));
            }

            if (document.IsGuarded(operation))
            {
                await Ask(document, node, operation, 401, token: null);
            }
        }

        await slow;
        Assert.That(document.NotSeen.Where(answer => !IsOutOfReach(answer)), Is.Empty);
        TestContext.Out.WriteLine($"{document.Answers.Count()} answers of {document.Operations.Count()} operations are documented, {document.NotSeen.Count()} were not seen: {string.Join(", ", document.NotSeen)}.");
    }

    private static async Task AskWell(ApiDocument document, GatewayNode node)
    {
        Task On(string operation, int status, string? body = null, string? type = null, string? path = null) => Ask(document, node, operation, status, body, type, path);

        await On(Messages, 202, """{"user":"alice"}""", Json);
        await On(Messages, 202, "user=alice", "application/x-www-form-urlencoded");
        await On(Messages, 202, path: "/v1/messages?user=alice");
        await On(Messages, 400, "{", Json);
        await On(Messages, 400, """{"user":"a","user":"b"}""", Json);
        await On(Messages, 413, $$"""{"user":"{{new string('a', 2000)}}"}""", Json);
        await On(Messages, 415, "alice", "text/plain");
        await On("GET /v1/position", 200);
        await On(Listeners, 200, """{"user":"alice"}""", Json);
        await On(Listeners, 400, "[]", Json);
        await On(Listeners, 413, $$"""{"user":"{{new string('a', 2000)}}"}""", Json);
        await On(Listeners, 415, """{"user":"alice"}""", "");
        await On(TokenCheck, 200, Token.Of("alice"), "text/plain");
        await On(TokenCheck, 200, "no token", "text/plain");
        await On(TokenCheck, 413, new string('a', 100_000), "text/plain");
        await On(TokenCheck, 415, "no token", "");
        await On(NodeEvents, 200);

        await On($"DELETE {Sessions}", 204);
        await On($"PUT {OneSession}", 200, """{"ttl_seconds":60}""", Json);
        await On($"PUT {OneSession}", 400, "[]", Json);
        await On($"PUT {OneSession}", 413, new string(' ', 5000), Json);
        await On($"PUT {OneSession}", 415, "{}", "");
        await On($"PUT {OneUser}", 415, "{}", "");
        await On($"PUT {OneUser}", 200);
        await On($"PUT {OneUser}", 400, "[]", Json);
        await On($"PUT {OneUser}", 413, new string(' ', 5000), Json);
        await On($"GET {OneSession}", 200);
        await On($"GET {OneUser}", 200);
        await On($"GET {Blacklist}", 200);
        await On($"GET {Blacklist}", 200, path: "/v1/blacklist?limit=1");
        await On($"GET {Blacklist}", 400, path: "/v1/blacklist?limit=0");
        await On($"DELETE {OneSession}", 204);
        await On($"DELETE {OneUser}", 204);
        await On($"GET {OneSession}", 404);
        await On($"GET {OneUser}", 404);
        // Beyond what a record may have: MESSAGE_MAX_BYTES and 64 KB.
        var longName = new string('n', 100_000);
        await On($"DELETE {Sessions}", 413, path: $"/v1/users/a/sessions/{longName}");
        await On($"PUT {OneSession}", 413, path: $"/v1/blacklist/{longName}");
        await On($"DELETE {OneSession}", 413, path: $"/v1/blacklist/{longName}");
        await On($"DELETE {OneUser}", 413, path: $"/v1/blacklist/users/{longName}");

        using (await node.Listen("alice"))
        {
            await Wait.Until(async () => (await node.Call(HttpMethod.Get, AliceSession, null, $"Bearer {ApiToken}")).StatusCode == HttpStatusCode.OK, "alice is listed");
            await On($"GET {Users}", 200);
            await On($"GET {Users}", 200, path: "/v1/users?limit=1&after=a");
            await On($"GET {Users}", 400, path: "/v1/users?limit=0");
            await Wait.Until(async () => (await (await node.Call(HttpMethod.Get, "/v1/nodes", null, $"Bearer {ApiToken}")).Content.ReadAsStringAsync()).Contains("deliveries", StringComparison.Ordinal), "the node has told of its load");
            await On("GET /v1/nodes", 200);
            await On("GET /v1/node", 200);
            await On("GET /v1/settings", 200);
            await On("GET /v1/warnings", 200);
            await On(Listeners, 200, """{"user":"alice"}""", Json);
            await On($"GET {OneUserOnline}", 200);
            await On($"GET {UserSessions}", 200);
            await On($"GET {SessionOnline}", 200, path: AliceSession);
        }

        await On($"POST {Apis}", 201, Api, Json);
        await On($"POST {Apis}", 409, Api, Json);
        await On($"POST {Apis}", 400, "{}", Json);
        await On($"POST {Apis}", 413, new string(' ', 2000), Json);
        await On($"POST {Apis}", 415, Api, "text/plain");
        await On($"GET {Apis}", 200);
        await On($"GET {OneApi}", 200);
        await On($"PUT {OneApi}", 200, """{"name":"the shop"}""", Json);
        await On($"PUT {OneApi}", 400, """{"proxy":{}}""", Json);
        await On($"PUT {OneApi}", 413, new string(' ', 2000), Json);
        await On($"PUT {OneApi}", 415, "{}", "text/plain");
        await On("GET /v1/routes", 200, path: "/v1/routes?path=/shop/1");
        await On("GET /v1/routes", 200, path: "/v1/routes?method=PUT&path=/shop/1");
        await On("GET /v1/routes", 400);
        await On("GET /operator/{file}", 200);
        await On("GET /operator/{file}", 200, path: "/operator/operator.css");
        await On("GET /operator/{file}", 404, path: "/operator/operator.html");
        await On($"DELETE {OneApi}", 204);
        await On($"DELETE {OneApi}", 404);
        await On($"GET {OneApi}", 404);
        await On($"PUT {OneApi}", 404, "{}", Json);

        foreach (var page in new[] { "/", "/health", "/health/live", "/health/ready", "/metrics", "/openapi/v1.json" })
        {
            await On($"GET {page}", 200);
        }
    }

    /// <param name="document">What the answer has to be like.</param>
    /// <param name="node">Who is asked.</param>
    /// <param name="operation">As the document names it.</param>
    /// <param name="status">What has to come.</param>
    /// <param name="body">What is sent, if there is a type.</param>
    /// <param name="type">Its content type; empty for a body without one.</param>
    /// <param name="path">The path, unless it is the operation's own with some names in it.</param>
    /// <param name="token">The API's token.</param>
    /// <param name="header">One more header.</param>
    private static async Task Ask(
        ApiDocument document, GatewayNode node, string operation, int status, string? body = null, string? type = null, string? path = null, string? token = ApiToken, (string Name, string Value)? header = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(operation.Split(' ')[0]), new Uri(node.Api, path ?? PathOf(operation)));
        if (type is not null)
        {
            request.Content = type.Length > 0 ? new StringContent(body!, Encoding.UTF8, type) : new ByteArrayContent(Encoding.UTF8.GetBytes(body!));
        }

        if (header is var (name, value))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Headers.TryAddWithoutValidation("Authorization", token is null ? null : $"Bearer {token}");
        using var answer = await SessionCalls.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Soon();
        if (operation == NodeEvents && answer.IsSuccessStatusCode)
        {
            // It has no end.
            using var events = new StreamReader(await answer.Content.ReadAsStreamAsync());
            await document.Check(operation, answer, await events.ReadLineAsync().Soon());
            return;
        }

        Assert.That((int)answer.StatusCode, Is.EqualTo(status), $"{operation}: {await answer.Content.ReadAsStringAsync()}");
        await document.Check(operation, answer);
    }

    /// <summary>Says that there is a body, and sends none.</summary>
    private static async Task AskSlowly(ApiDocument document, GatewayNode node, string operation)
    {
        using var connection = await RawConnection.Open(node.Api);
        var answer = await connection.Ask(operation.Split(' ')[0], PathOf(operation), $"Authorization: Bearer {ApiToken}\r\nContent-Type: {Json}\r\nContent-Length: 100\r\n");
        Assert.That(answer.Status, Is.EqualTo(408), operation);
        var body = await connection.ReadBody(answer).Soon();
        document.Check(operation, answer.Status, answer.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase), answer["content-type"]?.Split(';')[0], body);
    }

    private static string PathOf(string operation) => operation.Split(' ')[1].Replace("{user}", "alice", StringComparison.Ordinal).Replace("{jti}", "s1", StringComparison.Ordinal).Replace("{id}", "shop", StringComparison.Ordinal).Replace("{file}", "operator.js", StringComparison.Ordinal);
}
