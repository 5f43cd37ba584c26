using System.Diagnostics;
using System.Net;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Sessions;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>All table topics are deleted while nodes run, and a node that starts afterwards knows what they know.</summary>
internal sealed class LostTablesTests
{
    private const string Definition = """
        {"id":"orders","version_data":{"default":{"endpoints":[{"path":"/orders","method":"POST","not_secured":true,"target":"kafka","topic":"TOPIC"}]}}}
        """;

    [Test]
    public async Task TableTopicsDeleted_WhileTwoNodesRun_AThirdKnowsWhoIsBlacklistedAndOnline_AndTheDefinitions()
    {
        var (hosts, topic) = (await TestKafka.Hosts(), TestTopics.NewName());
        using var topics = new TestTopics(hosts);
        await topics.Create(1, $"{topic}-orders");
        Dictionary<string, string?> settings = new() { ["KAFKA_PARTITIONS"] = "1" };
        var nodes = await KafkaNode.StartTwo(hosts, topic, settings);
        await using var a = nodes[0];
        await using var b = nodes[1];
        await a.EndSession("mallory", "ended");
        await a.EndSession("mallory", "let in again");
        await b.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, "/v1/blacklist/let%20in%20again");
        await a.Expect(HttpStatusCode.Created, HttpMethod.Post, "/v1/apis", Definition.Replace("TOPIC", $"{topic}-orders", StringComparison.Ordinal));
        using var alice = await a.Listen("alice", "s1");
        using var bob = await b.Listen("bob", "s2");
        await a.Expect(HttpStatusCode.OK, HttpMethod.Put, "/v1/apis/orders", """{"name":"changed at run time"}""");
        foreach (var node in nodes)
        {
            await Wait.Until(async () => await Online(node, "alice") && await Online(node, "bob") && await Name(node) == "changed at run time", "both know");
        }

        foreach (var table in new[] { "blacklist", "presence", "apis" })
        {
            await topics.Delete($"{topic}-{table}");
        }

        var took = Stopwatch.StartNew();
        await using var c = await KafkaNode.Start(hosts, topic, settings);
        await Wait.Until(async () => await c.TryListen("mallory", "ended") == HttpStatusCode.Unauthorized, "a third node refuses whom the others refuse");
        await TestContext.Progress.WriteLineAsync($"Lost tables: refused on a third node {took.Elapsed.TotalSeconds:0.0} s after the topics were deleted.");
        await Wait.Until(async () => await Online(c, "alice") && await Online(c, "bob"), "a third node knows who is online");
        await Wait.Until(async () => await Name(c) == "changed at run time", "a third node has the definition");
        await TestContext.Progress.WriteLineAsync($"Lost tables: presence and definitions there after {took.Elapsed.TotalSeconds:0.0} s.");

        using var carol = await c.Listen("carol", "s3");
        foreach (var node in new[] { a, b, c })
        {
            Assert.That((await node.TryListen("mallory", "ended"), await node.TryListen("mallory", "let in again")), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.OK)));
            await Wait.Until(async () => await Online(node, "alice") && await Online(node, "bob") && await Online(node, "carol"), "all know who comes later, too");
            Assert.That(await Name(node), Is.EqualTo("changed at run time"));
        }

        await c.Expect(HttpStatusCode.OK, HttpMethod.Put, "/v1/apis/orders", """{"name":"changed again"}""");
        alice.Dispose();
        foreach (var node in new[] { a, b, c })
        {
            await Wait.Until(async () => await Name(node) == "changed again" && !await Online(node, "alice"), "what changes afterwards is the same on all");
        }
    }

    private static async Task<bool> Online(GatewayNode node, string user)
    {
        using var answer = await node.GetApi($"/v1/users/{user}");
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync().Soon());
        return answer.IsSuccessStatusCode && json.RootElement.GetProperty("online").GetBoolean();
    }

    private static async Task<string?> Name(GatewayNode node)
    {
        using var answer = await node.GetApi("/v1/apis/orders");
        if (!answer.IsSuccessStatusCode)
        {
            return null;
        }

        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync().Soon());
        return json.RootElement.TryGetProperty("name", out var name) ? name.GetString() : "";
    }
}
