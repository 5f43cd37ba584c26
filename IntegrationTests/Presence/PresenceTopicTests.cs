using System.Net;
using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Sessions;

namespace RigKafka.IntegrationTests.Presence;

/// <summary>What clients that come and go while Kafka is away leave in the presence topic.</summary>
internal sealed class PresenceTopicTests
{
    private const int Crowd = 300;

    [Test]
    public async Task ClientsThatComeAndGoWhileKafkaIsAway_LeaveNothingInTheTopic_AndThoseWhoStayAreThere()
    {
        await using var cluster = await TestKafka.StartCluster();
        using var topics = new TestTopics(cluster.Hosts);
        var topic = TestTopics.NewName();
        await using var node = await KafkaNode.Start(cluster.Hosts, topic, new() { ["PUBLISH_TIMEOUT_MS"] = "1000", ["CONNECTS_PER_SECOND"] = "0" });
        using var before = await node.Listen("before", "s0");
        await Wait.Until(() => Records().Any(record => record.Key!.EndsWith("user:before", StringComparison.Ordinal)), "it is written who was there before");

        await cluster.Brokers[0].Kill();
        await Task.WhenAll(Enumerable.Range(0, Crowd).Select(async i => Assert.That(await node.TryListen($"user {i}", $"session {i}"), Is.EqualTo(HttpStatusCode.OK)))).Soon();
        using var stays = await node.Listen("stays", "s1");
        before.Dispose();
        await Wait.Until(() => node.Registry.Open == 1, "all have gone but one");
        cluster.Brokers[0].Start();
        await cluster.WaitUntilUp();

        await Wait.Until(() => Records().Any(record => record.Key!.EndsWith("user:stays", StringComparison.Ordinal)), "it is written who stays");
        await Wait.Until(() => Records().Any(record => record.Value is null), "it is written who has left");
        // One that comes last is written after all that was left to write.
        using var last = await node.Listen("last", "s2");
        await Wait.Until(() => Records().Any(record => record.Key!.EndsWith("user:last", StringComparison.Ordinal)), "it is written who comes last");
        var tombstones = Records().Where(record => record.Value is null).Select(record => record.Key!.Split('/')[^1]).ToArray();
        await TestContext.Progress.WriteLineAsync($"Presence: {Crowd} clients came and went while Kafka was away, and left {tombstones.Length - 1} records.");
        Assert.That(tombstones.Distinct(), Is.EqualTo(["user:before"]));

        IReadOnlyList<WrittenRecord> Records()
        {
            try
            {
                return topics.ReadAll($"{topic}-presence");
            }
            catch (KafkaException failure) when (failure.Error.Code == ErrorCode.NotLeaderForPartition)
            {
                // A broker that has just started does not lead its partitions yet.
                return [];
            }
        }
    }
}
