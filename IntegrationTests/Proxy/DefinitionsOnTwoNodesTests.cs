using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Proxy;

/// <summary>API definitions are the same on every node and outlive them all; calls to Kafka and the request log end up in their topics.</summary>
internal sealed class DefinitionsOnTwoNodesTests
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };

    private string _hosts = null!;
    private string _topic = null!;

    [SetUp]
    public async Task NameTopics() => (_hosts, _topic) = (await TestKafka.Hosts(), TestTopics.NewName());

    [Test]
    public async Task ADefinition_ServesOnTheOtherNode_AndAfterARestartOfBoth()
    {
        using var topics = new TestTopics(_hosts);
        var orders = await topics.Create(1);
        var nodes = await KafkaNode.StartTwo(_hosts, _topic);
        Assert.That(await Post(nodes[0], Definition("a", orders)), Is.EqualTo(HttpStatusCode.Created));
        await Wait.Until(async () => await Order(nodes[1], "one") == HttpStatusCode.Accepted, "the other node has the definition");
        await Task.WhenAll(nodes.Select(node => node.DisposeAsync().AsTask())).Soon();

        nodes = await KafkaNode.StartTwo(_hosts, _topic);
        await using var first = nodes[0];
        await using var second = nodes[1];
        await Wait.Until(async () => await Order(first, "two") == HttpStatusCode.Accepted, "a node knows its definitions after a restart");
        await Wait.Until(async () => await Order(second, "three") == HttpStatusCode.Accepted, "so does the other");
        var records = topics.ReadAll(orders);
        Assert.That(records.Select(record => record.Value), Is.EqualTo(["one", "two", "three"]));
        Assert.That(records.Select(record => record.Key), Is.All.EqualTo("customer-7"));
        Assert.That(records[0].Headers, Is.EquivalentTo([("content-type", "text/plain; charset=utf-8"), ("kind", "order")]));
    }

    [Test]
    public async Task TwoPostsOfANewIdAtOnce_AreOneCreatedAndOneConflict()
    {
        var nodes = await KafkaNode.StartTwo(_hosts, _topic);
        await using var one = nodes[0];
        await using var two = nodes[1];
        await Wait.Until(async () => await Names(one) is not null && await Names(two) is not null, "both nodes know their definitions");
        for (var i = 0; i < 20; i++)
        {
            var (here, there) = (Named(i, "one"), Named(i, "two"));
            var answers = await Task.WhenAll(Post(one, here), Post(two, there)).Soon();
            Assert.That(answers, Is.EquivalentTo([HttpStatusCode.Created, HttpStatusCode.Conflict]));
        }

        var names = await Names(one);
        Assert.That(names, Has.Count.EqualTo(20));
        await Wait.Until(async () => (await Names(two))!.SequenceEqual(names!), "both have the same");
    }

    [Test]
    public async Task RequestLog_HasARecordForACallWithAToken()
    {
        using var topics = new TestTopics(_hosts);
        var (orders, log) = (await topics.Create(1), await topics.Create(1));
        await using var node = await KafkaNode.Start(_hosts, _topic, new() { ["REQUEST_LOG"] = "kafka", ["KAFKA_LOG_TOPIC"] = log });
        var definition = Definition("a", orders);
        definition["auth_type"] = "jwt";
        definition["version_data"]!["default"]!["endpoints"]![0]!["not_secured"] = false;
        await Wait.Until(async () => await Post(node, definition) == HttpStatusCode.Created, "the definition is there");
        Assert.That(await Order(node, "one", Token.Of("alice")), Is.EqualTo(HttpStatusCode.Accepted));
        await Wait.Until(() => topics.CountRecords(log) == 1, "the call was noted");
        var record = topics.ReadAll(log).Single();
        Assert.That(record.Key, Is.EqualTo("alice"));
        Assert.That((string?)JsonNode.Parse(record.Value!)!["payload"]!["request_path"], Is.EqualTo("/orders/7"));
    }

    private static JsonObject Definition(string id, string topic) => JsonNode.Parse("""
        {"id":"ID","version_data":{"default":{"endpoints":[{"path":"/orders/{id}","method":"POST","not_secured":true,
         "target":"kafka","topic":"TOPIC","key":{"header":"x-customer"},"headers":{"kind":{"value":"order"},"claim":{"claim":"nothing"}}}]}}}
        """.Replace("ID", id, StringComparison.Ordinal).Replace("TOPIC", topic, StringComparison.Ordinal))!.AsObject();

    private static JsonObject Named(int number, string name)
    {
        var definition = Definition($"api-{number}", "t");
        definition["name"] = name;
        return definition;
    }

    private static async Task<HttpStatusCode> Post(GatewayNode node, JsonObject definition)
    {
        using var response = await Http.PostAsJsonAsync(new Uri(node.Api, "/v1/apis"), definition);
        return response.StatusCode;
    }

    private static async Task<HttpStatusCode> Order(GatewayNode node, string body, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node.External, "/orders/7")) { Content = new StringContent(body, Encoding.UTF8, "text/plain") };
        request.Headers.Add("x-customer", "customer-7");
        request.Headers.TryAddWithoutValidation("authorization", token);
        using var response = await Http.SendAsync(request);
        return response.StatusCode;
    }

    /// <summary>Null while the node does not know.</summary>
    private static async Task<List<string>?> Names(GatewayNode node)
    {
        using var response = await Http.GetAsync(new Uri(node.Api, "/v1/apis"));
        return response.IsSuccessStatusCode ? [.. JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsArray().Select(api => $"{api!["id"]} {api["name"]}")] : null;
    }
}
