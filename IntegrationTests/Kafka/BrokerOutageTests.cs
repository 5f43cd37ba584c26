using System.Net;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>A node whose broker dies and comes back.</summary>
internal sealed class BrokerOutageTests
{
    private const int PublishTimeoutMs = 1_000;

    [Test]
    public async Task Outage_IsSaidToPublishersAndOperators_AndListenersStayAndMissNothing()
    {
        await using var cluster = await TestKafka.StartCluster();
        await using var node = await KafkaNode.Start(cluster.Hosts, "rig", new()
        {
            ["KAFKA_PARTITIONS"] = "4",
            ["KAFKA_METADATA_REFRESH_MS"] = "500",
            ["PUBLISH_TIMEOUT_MS"] = $"{PublishTimeoutMs}",
            ["HEARTBEAT_INTERVAL_MS"] = "200",
        });
        using var stream = await node.Listen("alice");
        await node.Publish("""{"user":"alice","n":"before"}""");
        await stream.Next("message");

        await cluster.Brokers[0].Kill();

        for (var n = 0; n < 3; n++)
        {
            using var refused = await node.Post($$"""{"user":"alice","n":{{n}}}""");
            Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(refused.Headers.RetryAfter, Is.Not.Null);
            Assert.That(await refused.Content.ReadAsStringAsync(), Does.Contain("Not stored").Or.Contain("Outcome unknown"));
        }

        await Wait.Until(async () => await Ready(node) == (HttpStatusCode.OK, "degraded"), "the node says that it is degraded, and stays ready");
        await Wait.Until(async () => (await node.Metrics()).Sum("rig_log_degraded") == 1, "the outage is in the metrics");
        Assert.That((await node.Metrics()).Sum("rig_ready"), Is.EqualTo(1), "as the health page says");
        using (var live = await node.GetApi("/health/live"))
        {
            Assert.That(live.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        for (var i = 0; i < 5; i++)
        {
            await stream.NextHeartbeat();
        }

        using var late = await node.Listen("alice");
        Assert.That(stream.Ended.IsCompleted, Is.False);

        cluster.Brokers[0].Start();
        await cluster.WaitUntilUp();
        await Wait.Until(async () => await IsPublished(node, """{"user":"alice","n":"after"}"""), "messages are stored again");

        Assert.That(await UntilAfter(stream), Is.EqualTo(await UntilAfter(late)));
        await Wait.Until(async () => await Ready(node) == (HttpStatusCode.OK, "ready"), "the node is well again");
    }

    [Test]
    public async Task NodeThatStartsBeforeItsBroker_WaitsForIt()
    {
        await using var cluster = await TestKafka.StartCluster();
        await cluster.Brokers[0].Kill();
        var starting = KafkaNode.Start(cluster.Hosts, "rig", new() { ["KAFKA_PARTITIONS"] = "2" });
        cluster.Brokers[0].Start();
        await cluster.WaitUntilUp();

        await using var node = await starting;
        using var stream = await node.Listen("alice");
        await Wait.Until(async () => await IsPublished(node, """{"user":"alice"}"""), "messages are stored");

        await stream.Next("message");
    }

    /// <summary>What was not stored for certain may come, but in order, and nothing else.</summary>
    private static async Task<IReadOnlyList<string>> UntilAfter(SseClient stream)
    {
        var got = new List<string>();
        do
        {
            got.Add((await stream.Next("message")).Data!);
        }
        while (!got[^1].Contains("after", StringComparison.Ordinal));

        return got;
    }

    private static async Task<(HttpStatusCode Status, string? Word)> Ready(GatewayNode node)
    {
        using var answer = await node.GetApi("/health/ready");
        using var details = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return (answer.StatusCode, details.RootElement.GetProperty("status").GetString());
    }

    private static async Task<bool> IsPublished(GatewayNode node, string json)
    {
        using var answer = await node.Post(json);
        return answer.StatusCode == HttpStatusCode.Accepted;
    }
}
