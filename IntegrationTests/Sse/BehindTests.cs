using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>A client that comes to a node which has read less than the client has seen.</summary>
internal sealed class BehindTests
{
    private const string Stream = "Accept: text/event-stream\r\n";

    /// <summary>The broker hangs, so that nobody knows whether there is more.</summary>
    [Test]
    public async Task NodeThatStaysBehind_SendsTheClientAwayToComeBack_WithTheIdThatItHas()
    {
        await using var cluster = await TestKafka.StartCluster();
        await using var node = await KafkaNode.Start(cluster.Hosts, TestTopics.NewName(), new() { ["MAX_CONNECTIONS_PER_USER"] = "1" });
        await node.Publish("""{"user":"somebody"}""");
        var since = await KafkaNode.Ahead(node);
        await cluster.Brokers[0].Pause();

        for (var i = 0; i < 2; i++)
        {
            using var refused = await Open(node, since);
            var closing = await refused.Next("closing");
            Assert.That((closing.Data, closing.Id, refused.Response.Status), Is.EqualTo(("""{"reason":"behind","reconnect":true}""", (string?)null, 200)));
            Assert.That(closing.Retry, Is.Not.Null);
            Assert.That((await refused.Rest()).Select(last => (last.Name, last.Id)), Is.EqualTo(new[] { ("closing connection", (string?)null) }));
        }

        using var connection = await RawConnection.Open(node.External);
        var status = await connection.Ask("GET", $"/socket/sse?{Alice}", $"Last-Event-ID: {since}\r\n");
        Assert.That(status.Status, Is.EqualTo(503));
        Assert.That(status["retry-after"], Is.Not.Null);
        var metrics = await node.Metrics();
        Assert.That(metrics.Sum("rig_connections_refused_total", "reason=\"behind\"", "transport=\"sse\""), Is.EqualTo(3));
        Assert.That(metrics.Sum("rig_resumes_total", "outcome=\"behind\""), Is.EqualTo(3));

        await cluster.Brokers[0].Resume();
        await node.Publish("""{"user":"somebody"}""");
        SseClient? stream = null;
        await Wait.Until(
            async () =>
            {
                stream?.Dispose();
                stream = await Open(node, since);
                return await stream.Next() is { Name: "phx_reply" } reply && reply.Id == since;
            },
            "the node has read on");
        await node.Publish("""{"user":"alice","n":1}""");
        Assert.That((await stream!.Next("message")).Data, Is.EqualTo("""{"user":"alice","n":1}"""));
        stream.Dispose();
    }

    private static string Alice => $"users[]=alice&token={Token.Of("alice")}";

    private static Task<SseClient> Open(GatewayNode node, string since) => SseClient.Open(node.External, Alice, $"{Stream}Last-Event-ID: {since}\r\n");
}
