using System.Net;
using System.Text;
using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.WebSockets;

namespace RigKafka.IntegrationTests.Sessions;

/// <summary>A node with a topic of the blacklist that it cannot read yet, or that is not as it should be.</summary>
internal sealed class BlacklistTopicTests : SessionsFixture
{
    [Test]
    public async Task UntilTheBlacklistIsRead_NobodyIsLetIn()
    {
        await using var cluster = await TestKafka.StartCluster();
        await cluster.Brokers[0].Kill();
        await using var node = await KafkaNode.Start(cluster.Hosts, Topic, Settings, waitUntilReady: false);
        node.ExpectedErrors.Add("HealthCheckEnd");

        using (var answer = await SessionCalls.Http.GetAsync(new Uri(node.External, $"/socket/sse?{SessionCalls.Query("alice", "s1")}")).Soon())
        {
            Assert.That((answer.StatusCode, answer.Headers.RetryAfter is null), Is.EqualTo((HttpStatusCode.ServiceUnavailable, false)));
        }

        using (var socket = await RawWebSocket.Ask(node.External, $"vsn=2.0.0&token={SessionCalls.TokenOf("alice", "s1")}"))
        {
            Assert.That((socket.Response.Status, socket.Response["retry-after"] is null), Is.EqualTo((503, false)));
        }

        Assert.That(await SessionCalls.Http.GetStringAsync(new Uri(node.External, $"/socket/longpoll?vsn=2.0.0&token={SessionCalls.TokenOf("alice", "s1")}")).Soon(), Is.EqualTo("""{"status":500}"""), "the client tries again");
        using (var ready = await node.GetApi("/health/ready"))
        {
            Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(await ready.Content.ReadAsStringAsync(), Does.Contain("\"blacklist\":{\"status\":\"unready\""));
        }

        await node.Expect(HttpStatusCode.ServiceUnavailable, HttpMethod.Get, "/v1/blacklist");

        cluster.Brokers[0].Start();
        await cluster.WaitUntilUp();
        await Wait.Until(async () => await node.TryListen("alice", "s1") == HttpStatusCode.OK, "the blacklist is read");
    }

    [Test]
    public async Task WhatIsNoEntry_IsSkippedAndCounted()
    {
        using var topics = new TestTopics(Hosts);
        await using var node = await KafkaNode.Start(Hosts, Topic, Settings);
        foreach (var (key, value) in new[] { ("session:s1", "{}"), ("session:s1", "rig9 never\n"), ("\u00ff", "rig1 never\n") })
        {
            await topics.Write(KafkaNode.BlacklistOf(Topic), 0, new Message<byte[]?, byte[]?> { Key = Encoding.Latin1.GetBytes(key), Value = Encoding.UTF8.GetBytes(value) });
        }

        // What is written later is read later.
        await node.EndSession("alice", "s2");

        var metrics = await node.Metrics();
        double Skipped(string kind) => metrics.Sum("rig_table_skipped_total", "table=\"blacklist\"", $"kind=\"{kind}\"");
        Assert.That((Skipped("bad_value"), Skipped("bad_key"), metrics.Sum("rig_table_entries", "table=\"blacklist\"")), Is.EqualTo((2, 1, 1)));
        Assert.That((await node.TryListen("alice", "s1"), await node.TryListen("alice", "s2")), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.Unauthorized)));
    }

    [Test]
    public async Task ABlacklistTopicThatForgets_StopsTheNode()
    {
        using var topics = new TestTopics(Hosts);
        var blacklist = await topics.Create(partitions: 1, KafkaNode.BlacklistOf(Topic));
        await using var node = await GatewayProcess.Start(KafkaNode.Settings(Hosts, Topic).ToDictionary(pair => pair.Key, pair => pair.Value!));

        Assert.That(await node.Exit(), Is.EqualTo(1));
        Assert.That(node.Output, Has.Exactly(1).Contains($"Table topic {blacklist} has cleanup.policy=delete and cannot hold a table, which needs cleanup.policy=compact"));
        Assert.That(node.Error, Is.Empty);
    }
}
