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
    private const string Caller = $"00-{Trace}-b7ad6b7169203331-01";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1, ActivityHeadersPropagator = null }) { Timeout = Limits.Hang };

    [Test]
    public async Task ProxiedCall_IsNamedByItsEndpoint_AndIsTheParentThatTheServiceIsTold()
    {
        await using var collector = await Collector.Start();
        var heads = new List<string>();
        await using var service = Answering(heads);
        await using var node = await GatewayNode.Start(collector.Settings);
        await Define(node, service.Port);
        await Get(node.External, "/books/7?q=1", Caller);

        var span = (await collector.Until(span => span.Trace == Trace))[^1];
        Assert.That((span.Service, span.Name, span.Parent), Is.EqualTo(("rig-kafka", "GET /books/{id}", "b7ad6b7169203331")));
        Assert.That((span.Tags["http.route"], span.Tags["url.path"], span.Tags["user_agent.original"]), Is.EqualTo(("/books/{id}", "/books/7", "Jürgen 日本")));
        Assert.That(heads.Single(), Does.Contain($"\r\ntraceparent: 00-{Trace}-{span.Id}-01\r\n").And.Contain("\r\ntracestate: a=1,b=2\r\n"));
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
        Assert.That((await collector.Until(span => span.Tags["url.path"] == "/nowhere")).Where(span => span.Trace == Trace).Select(span => span.Name), Is.EqualTo(["GET /metrics", "GET"]));
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
            var order = (await collector.Until(span => span.Name == "POST /orders"))[^1];
            await Post(node.Api, "/v1/messages");
            var message = (await collector.Until(span => span.Name == "POST /v1/messages"))[^1];
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

    private static IEnumerable<string> Told(TestTopics topics, string topic) =>
        topics.ReadAll(topic).Single().Headers.Where(header => header.Name.StartsWith("trace", StringComparison.Ordinal)).Select(header => header.Value);

    private static RawService Answering(List<string> heads) => RawService.Start(async (socket, _) =>
    {
        heads.Add(await RawService.ReadHead(socket));
        await RawService.Write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
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
