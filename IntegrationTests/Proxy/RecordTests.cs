using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Proxy;

/// <summary>Calls that become records: what they are told when there is none.</summary>
internal sealed class RecordTests
{
    private const int MaxBytes = 2_000;
    private const int PublishTimeoutMs = 1_000;
    private const string Page = "https://app.example";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };

    private static readonly string TooLarge = $$$"""{"errors":{"detail":"Bad request: expected a body of at most {{{MaxBytes}}} bytes."}}""";

    private static Dictionary<string, string?> Settings => new() { ["MESSAGE_MAX_BYTES"] = $"{MaxBytes}", ["PUBLISH_TIMEOUT_MS"] = $"{PublishTimeoutMs}" };

    [Test]
    public async Task BodyThatIsTooLarge_Is413_WhetherItsLengthIsKnownOrNot()
    {
        var hosts = await TestKafka.Hosts();
        using var topics = new TestTopics(hosts);
        var orders = await topics.Create(1);
        await using var node = await KafkaNode.Start(hosts, TestTopics.NewName(), Settings);
        await Define(node, orders, servicePort: 1);

        Assert.That((await Order(node, MaxBytes)).Status, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(await Order(node, MaxBytes + 1), Is.EqualTo((HttpStatusCode.RequestEntityTooLarge, TooLarge, false)));
        Assert.That(await Order(node, MaxBytes + 1, isChunked: true), Is.EqualTo((HttpStatusCode.RequestEntityTooLarge, TooLarge, false)));

        Assert.That(topics.ReadAll(orders).Select(record => record.Value!.Length), Is.EqualTo([MaxBytes]));
    }

    /// <summary>Headers are bytes; those that a record takes over are text there.</summary>
    [Test]
    public async Task Headers_BecomeTextOfTheRecord_ReadAsUtf8WhereTheyAreThat_ElseAsLatin1()
    {
        var hosts = await TestKafka.Hosts();
        using var topics = new TestTopics(hosts);
        var orders = await topics.Create(1);
        await using var node = await KafkaNode.Start(hosts, TestTopics.NewName(), Settings);
        await Define(node, orders, servicePort: 1, """ ,"key":{"header":"x-customer"},"headers":{"name":{"header":"x-name"}} """);

        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1 }) { Timeout = Limits.Hang };
        foreach (var customer in new[] { "Jos\u00e9", Encoding.Latin1.GetString("Müller 日本"u8), "plain" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node.External, "/orders")) { Content = new StringContent("x"), Headers = { { "x-customer", customer }, { "x-name", customer } } };
            request.Content.Headers.ContentType = null;
            request.Content.Headers.TryAddWithoutValidation("content-type", $"text/{customer}");
            using var response = await http.SendAsync(request);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        }

        var expected = new[] { "José", "Müller 日本", "plain" };
        var records = topics.ReadAll(orders);
        Assert.That(records.Select(record => record.Key), Is.EqualTo(expected));
        Assert.That(records.SelectMany(record => record.Headers), Is.EqualTo(expected.SelectMany(name => new[] { ("content-type", $"text/{name}"), ("name", name) })));
    }

    [Test]
    public async Task BrokerThatIsDown_Is503WhileItIs_AndCallsToServicesGoOn()
    {
        await using var service = await Service.Start(context => context.Response.WriteAsync("there"));
        await using var cluster = await TestKafka.StartCluster();
        using var topics = new TestTopics(cluster.Hosts);
        var orders = await topics.Create(1);
        await using var node = await KafkaNode.Start(cluster.Hosts, "rig", Settings);
        await Define(node, orders, service.Port);
        Assert.That((await Order(node, 1)).Status, Is.EqualTo(HttpStatusCode.Accepted));

        await cluster.Brokers[0].Kill();

        for (var i = 0; i < 2; i++)
        {
            var (status, body, saysWhen) = await Order(node, 1);
            Assert.That((status, saysWhen), Is.EqualTo((HttpStatusCode.ServiceUnavailable, true)));
            Assert.That(body, Does.StartWith("""{"errors":{"detail":"Not stored: """).Or.StartWith("""{"errors":{"detail":"Outcome unknown: """));
        }

        using var answer = await Http.GetAsync(new Uri(node.External, "/there"));
        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("there"));
    }

    [Test]
    public async Task PageOfAnAllowedOrigin_MayMakeTheCall_AndReadItsAnswer()
    {
        var hosts = await TestKafka.Hosts();
        using var topics = new TestTopics(hosts);
        var orders = await topics.Create(1);
        await using var node = await KafkaNode.Start(hosts, TestTopics.NewName(), new(Settings) { ["ALLOWED_ORIGINS"] = Page });
        await Define(node, orders, servicePort: 1);

        var (preflight, allowed, methods, headers) = await Ask(node, "OPTIONS", "/orders", Page, "POST");
        Assert.That((preflight, allowed, methods, headers), Is.EqualTo((HttpStatusCode.OK, Page, "POST", "content-type, x-customer")));
        var order = await Ask(node, "POST", "/orders", Page);
        Assert.That((order.Status, order.Allowed), Is.EqualTo((HttpStatusCode.Accepted, Page)));

        // Of another origin a page is told nothing.
        Assert.That((await Ask(node, "OPTIONS", "/orders", "https://other.example", "POST")).Allowed, Is.Null);
        Assert.That((await Ask(node, "POST", "/orders", "https://other.example")).Allowed, Is.Null);
        // There is a record for a POST only.
        Assert.That((await Ask(node, "OPTIONS", "/orders", Page, "PUT")).Status, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await Ask(node, "OPTIONS", "/there", Page, "GET")).Status, Is.EqualTo(HttpStatusCode.NotFound));
    }

    private static async Task<(HttpStatusCode Status, string? Allowed, string? Methods, string? Headers)> Ask(GatewayNode node, string method, string path, string origin, string? asked = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(node.External, path)) { Content = method == "POST" ? new StringContent("order") : null };
        request.Headers.TryAddWithoutValidation("Origin", origin);
        if (asked is not null)
        {
            request.Headers.TryAddWithoutValidation("Access-Control-Request-Method", asked);
            request.Headers.TryAddWithoutValidation("Access-Control-Request-Headers", "content-type, x-customer");
        }

        using var response = await Http.SendAsync(request);
        return (response.StatusCode, Value("Access-Control-Allow-Origin"), Value("Access-Control-Allow-Methods"), Value("Access-Control-Allow-Headers"));

        string? Value(string name) => response.Headers.TryGetValues(name, out var values) ? string.Join('|', values) : null;
    }

    private static async Task Define(GatewayNode node, string topic, int servicePort, string more = "")
    {
        var definition = JsonNode.Parse($$$$"""
            {"id":"a","proxy":{"use_env":false,"target_url":"127.0.0.1","port":{{{{servicePort}}}}},"version_data":{"default":{"endpoints":[
             {"path":"/orders","method":"POST","not_secured":true,"target":"kafka","topic":"{{{{topic}}}}"{{{{more}}}}},{"path":"/there","method":"GET","not_secured":true}]}}}
            """);
        await Wait.Until(
            async () =>
            {
                using var response = await Http.PostAsJsonAsync(new Uri(node.Api, "/v1/apis"), definition);
                return response.StatusCode is HttpStatusCode.Created;
            },
            "the definition is there");
    }

    private static async Task<(HttpStatusCode Status, string Body, bool SaysWhen)> Order(GatewayNode node, int length, bool isChunked = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node.External, "/orders")) { Content = new StringContent(new string('x', length)), Headers = { TransferEncodingChunked = isChunked } };
        using var response = await Http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.RetryAfter is not null);
    }
}
