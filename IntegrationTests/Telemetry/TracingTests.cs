using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Telemetry;

/// <summary>What a node says of its requests by OTLP, and what it hands on of a trace, is so. Alone: the spans of other nodes in this process would be exported too.</summary>
[NonParallelizable]
internal sealed class TracingTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string CallerSpan = "b7ad6b7169203331";
    private const string Caller = $"00-{Trace}-{CallerSpan}-01";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1, ActivityHeadersPropagator = null }) { Timeout = Limits.Hang };

    [TestCase(Collector.Http)]
    [TestCase(Collector.Grpc)]
    public async Task ProxiedCall_IsNamedByItsEndpoint_AndTheServiceIsToldOfTheCallToIt(string protocol)
    {
        await using var collector = await Collector.Start(protocol);
        var heads = new List<string>();
        await using var service = Answering(heads);
        await using var node = await GatewayNode.Start(collector.Settings);
        await Define(node, service.Port);
        await Get(node.External, "/books/7?q=1", Caller);

        var (request, call) = await Pair(collector, span => span.Trace == Trace, ActivityKind.Client);
        Assert.That((request.Service, request.Name, request.Parent, request.IsError), Is.EqualTo(("rig-kafka", "GET /books/{id}", CallerSpan, false)));
        Assert.That((request.Tags["http.route"], request.Tags["url.path"], request.Tags["user_agent.original"]), Is.EqualTo(("/books/{id}", "/books/7", "Jürgen 日本")));
        Assert.That((call.Trace, call.Name, call.Parent, call.IsError), Is.EqualTo((Trace, "GET /books/{id}", request.Id, false)));
        Assert.That(call.Tags.OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}={tag.Value}"), Is.EqualTo(new[]
        {
            "http.request.method=GET", "http.response.status_code=200", "server.address=127.0.0.1", $"server.port={service.Port}", $"url.full=http://127.0.0.1:{service.Port}/books/7", "url.template=/books/{id}",
        }));
        Assert.That(heads.Single(), Does.Contain($"\r\ntraceparent: 00-{Trace}-{call.Id}-01\r\n").And.Contain("\r\ntracestate: a=1,b=2\r\n"));
    }

    [TestCase("HTTP/1.1 404 Not Found\r\n", "404", "404", false)]
    [TestCase("HTTP/1.1 500 Oh\r\n", "500", "500", true)]
    [TestCase("", null, "upstream_down", true)]
    public async Task ProxiedCall_ThatFails_SaysSo(string answer, string? status, string error, bool isErrorOfTheNode)
    {
        await using var collector = await Collector.Start();
        await using var service = Answering([], answer);
        await using var node = await GatewayNode.Start(collector.Settings);
        await Define(node, service.Port);
        await Get(node.External, "/books/7", Caller);

        var (request, call) = await Pair(collector, span => span.Trace == Trace, ActivityKind.Client);
        Assert.That((call.IsError, call.Tags["error.type"], call.Tags.GetValueOrDefault("http.response.status_code"), request.IsError), Is.EqualTo((true, error, status, isErrorOfTheNode)));
    }

    [Test]
    public async Task Api_IsTracedWithoutNamesOfUsersAndSessions()
    {
        await using var collector = await Collector.Start();
        await using var node = await GatewayNode.Start(collector.Settings);
        foreach (var path in new[] { "/v1/users/alice", "/v1/users/alice/sessions?token=secret", "/v1/nowhere/alice" })
        {
            await Get(node.Api, path, Caller);
        }

        // A call that another test of this process has just made is not of this trace.
        var spans = (await collector.Until(3, span => span.Trace == Trace)).Where(span => span.Trace == Trace).ToList();
        Assert.That(spans.Select(span => (span.Name, span.Tags.GetValueOrDefault("url.path"))), Is.EqualTo(new[]
        {
            ("GET /v1/users/{user}", "/v1/users/{user}"), ("GET /v1/users/{user}/sessions", "/v1/users/{user}/sessions"), ("GET", null),
        }));
        Assert.That(spans.SelectMany(span => span.Tags.Values), Has.None.Contains("alice").And.None.Contains("secret"));
    }

    [TestCase("shop", null, "shop")]
    [TestCase(null, "service.name=books,x=y", "books")]
    [TestCase("shop", "service.name=books", "shop")]
    public async Task Node_IsCalledAsItIsTold(string? name, string? attributes, string expected)
    {
        await using var collector = await Collector.Start();
        await using var node = await GatewayNode.Start(new(collector.Settings) { ["OTEL_SERVICE_NAME"] = name, ["OTEL_RESOURCE_ATTRIBUTES"] = attributes });
        await Get(node.Api, "/v1/apis", Caller);
        Assert.That((await collector.Until(span => span.Trace == Trace))[^1].Service, Is.EqualTo(expected));
    }

    [Test]
    public async Task HealthAndMetrics_AreInNoTrace_ButAServiceMayBeAskedForIts()
    {
        await using var collector = await Collector.Start();
        await using var service = Answering([]);
        await using var node = await GatewayNode.Start(collector.Settings);
        await Define(node, service.Port);
        foreach (var (port, path) in new[] { (node.External, "/health"), (node.Api, "/health"), (node.Api, "/health/live"), (node.Api, "/health/ready"), (node.Api, "/metrics") })
        {
            await Get(port, path, Caller);
        }

        await Get(node.External, "/metrics", Caller);
        await Get(node.External, "/nowhere", Caller);
        Assert.That((await collector.Until(span => span.Tags.GetValueOrDefault("url.path") == "/nowhere")).Where(span => span is { Trace: Trace, Kind: ActivityKind.Server }).Select(span => span.Name), Is.EqualTo(["GET /metrics", "GET"]));
    }

    [Test]
    public async Task WhatTheOperatorsPagePolls_IsInNoTrace_UnlessTheCallerNamesOne()
    {
        await using var collector = await Collector.Start();
        await using var node = await GatewayNode.Start(collector.Settings);
        foreach (var parent in new[] { null, Caller })
        {
            foreach (var path in new[] { "/v1/node", "/v1/nodes", "/v1/warnings" })
            {
                await Get(node.Api, path, parent);
            }
        }

        await Get(node.Api, "/v1/settings", null);
        var spans = await collector.Until(span => span.Name == "GET /v1/settings");
        Assert.That(spans.Where(span => span.Kind is ActivityKind.Server && span.Name != "GET /v1/settings").Select(span => (span.Name, span.Trace)), Is.EqualTo(new[]
        {
            ("GET /v1/node", Trace), ("GET /v1/nodes", Trace), ("GET /v1/warnings", Trace),
        }));
    }

    [TestCase(null)]
    [TestCase("always_off")]
    public async Task Trace_OfTheCaller_GoesThroughUnchanged_WhereNoneIsExported(string? sampler)
    {
        await using var collector = await Collector.Start();
        var heads = new List<string>();
        await using var service = Answering(heads);
        await using var node = await GatewayNode.Start(sampler is null ? null : new(collector.Settings) { ["OTEL_TRACES_SAMPLER"] = sampler });
        await Define(node, service.Port);
        foreach (var parent in new[] { Caller, $"00-{Trace}-b7ad6b7169203331-00", "anything", null })
        {
            heads.Clear();
            await Get(node.External, "/books/7", parent);
            var told = heads.Single().Split("\r\n").Where(line => line.StartsWith("trace", StringComparison.OrdinalIgnoreCase));
            Assert.That(told, Is.EqualTo(parent is null ? [] : new[] { $"traceparent: {parent}", "tracestate: a=1,b=2" }));
        }
    }

    [Test]
    public async Task Record_CarriesTheSpanThatIsExported_ElseTheCallers()
    {
        var hosts = await TestKafka.Hosts();
        using var topics = new TestTopics(hosts);
        var orders = await topics.Create(1);
        var messages = await topics.Create(1);
        await using var collector = await Collector.Start();
        await using (var node = await KafkaNode.Start(hosts, messages, collector.Settings))
        {
            await Define(node, 1, orders);
            await Post(node.External, "/orders");
            var order = await Sent(collector, "POST /orders", orders);
            await Post(node.Api, "/v1/messages");
            var message = await Sent(collector, "POST /v1/messages", messages);
            Assert.That(Told(topics, orders), Is.EqualTo([$"00-{Trace}-{order.Id}-01", "a=1,b=2"]));
            Assert.That(Told(topics, messages), Is.EqualTo([$"00-{Trace}-{message.Id}-01", "a=1,b=2"]));
        }

        var (untraced, untracedMessages) = (await topics.Create(1), await topics.Create(1));
        await using (var node = await KafkaNode.Start(hosts, untracedMessages))
        {
            await Define(node, 1, untraced);
            await Post(node.External, "/orders");
            await Post(node.Api, "/v1/messages");
            Assert.That(Told(topics, untraced), Is.EqualTo([Caller, "a=1,b=2"]));
            Assert.That(Told(topics, untracedMessages), Is.EqualTo([Caller, "a=1,b=2"]));
        }
    }

    /// <summary>The span of a request, and the one below it: those of a source come together, so either may come first.</summary>
    private static async Task<(ExportedSpan Request, ExportedSpan Below)> Pair(Collector collector, Func<ExportedSpan, bool> fits, ActivityKind below)
    {
        var spans = (await collector.Until(2, fits)).Where(fits).ToList();
        return (spans.Single(span => span.Kind is ActivityKind.Server), spans.Single(span => span.Kind == below));
    }

    /// <summary>The span of a record that was written, below that of its request.</summary>
    private static async Task<ExportedSpan> Sent(Collector collector, string request, string topic)
    {
        var (post, sent) = await Pair(collector, span => span.Name == request || span.Kind is ActivityKind.Producer, ActivityKind.Producer);
        Assert.That((sent.Trace, sent.Name, sent.Parent, sent.IsError), Is.EqualTo((Trace, $"send {topic}", post.Id, false)));
        Assert.That((sent.Tags["messaging.destination.partition.id"], sent.Tags["messaging.kafka.offset"]), Is.EqualTo(("0", "0")));
        return sent;
    }

    private static IEnumerable<string> Told(TestTopics topics, string topic) =>
        topics.ReadAll(topic).Single().Headers.Where(header => header.Name.StartsWith("trace", StringComparison.Ordinal)).Select(header => header.Value);

    /// <param name="heads">Gets the head of each request.</param>
    /// <param name="answer">The first line of each answer; empty to close the connection.</param>
    private static RawService Answering(List<string> heads, string answer = "HTTP/1.1 200 OK\r\n") => RawService.Start(async (socket, _) =>
    {
        heads.Add(await RawService.ReadHead(socket));
        if (answer.Length > 0)
        {
            await RawService.Write(socket, answer + "Content-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });

    private static async Task Define(GatewayNode node, int port, string? topic = null)
    {
        var record = topic is null ? "" : $$""",{"path":"/orders","method":"POST","not_secured":true,"target":"kafka","topic":"{{topic}}"}""";
        var definition = JsonNode.Parse($$$$"""
            {"id":"a","proxy":{"use_env":false,"target_url":"127.0.0.1","port":{{{{port}}}}},"version_data":{"default":{"endpoints":[
             {"path":"/books/{id}","method":"GET","not_secured":true},{"path":"/metrics","method":"GET","not_secured":true}{{{{record}}}}]}}}
            """);
        await Wait.Until(
            async () =>
            {
                using var response = await Http.PostAsJsonAsync(new Uri(node.Api, "/v1/apis"), definition);
                return response.StatusCode is HttpStatusCode.Created;
            },
            "the definition is there");
    }

    private static async Task Get(Uri port, string path, string? parent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(port, path));
        using var response = await Http.SendAsync(Traced(request, parent)).Soon();
    }

    private static async Task Post(Uri port, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(port, path)) { Content = new StringContent("""{"user":"alice"}""", Encoding.UTF8, "application/json") };
        using var response = await Http.SendAsync(Traced(request, Caller)).Soon();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
    }

    private static HttpRequestMessage Traced(HttpRequestMessage request, string? parent)
    {
        request.Headers.TryAddWithoutValidation("user-agent", Encoding.Latin1.GetString("Jürgen 日本"u8));
        if (parent is not null)
        {
            request.Headers.TryAddWithoutValidation("traceparent", parent);
            request.Headers.TryAddWithoutValidation("tracestate", "a=1,b=2");
        }

        return request;
    }
}
