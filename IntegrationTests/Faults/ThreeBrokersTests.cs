using System.Diagnostics;
using System.Globalization;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>Three brokers with three replicas, of which two have to be in sync; each is killed once.</summary>
internal sealed class ThreeBrokersTests
{
    [Test]
    public async Task EachBrokerKilledInTurn_HoldsUpPublishersForAnElectionOnly_AndLosesNothing()
    {
        await using var cluster = await TestKafka.StartCluster(brokers: 3);
        using var topics = new TestTopics(cluster.Hosts);
        await using var node = await KafkaNode.Start(cluster.Hosts, "rig", new()
        {
            ["KAFKA_PARTITIONS"] = "3",
            ["KAFKA_REPLICATION_FACTOR"] = "3",
            ["KAFKA_METADATA_REFRESH_MS"] = "500",
        });
        await TestContext.Progress.WriteLineAsync($"One of three brokers killed: broker | {HistoryReport.Header} | election | longest without a 202");
        for (var broker = 0; broker < 3; broker++)
        {
            using var traffic = await Traffic.Start(node.Api, [node.External], [.. Enumerable.Range(0, 6).Select(user => $"broker-{broker}-user-{user}")]);
            await traffic.Flow();
            var since = Stopwatch.GetTimestamp();
            await cluster.Brokers[broker].Kill();
            await Wait.Until(() => Task.Run(() => topics.IsLedWithout(broker + 1, "rig")), "there are new leaders");
            var election = Stopwatch.GetElapsedTime(since);
            // Two are enough to go on.
            await Task.WhenAll(Enumerable.Range(0, 6).Select(user => new Publisher(node.Api, $"extra-{broker}-{user}").PublishLast()));

            // Each of its users gets a last message while the broker is still away.
            var report = await traffic.Finish();

            await TestContext.Progress.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"One of three brokers killed: {broker + 1,6} | {report.Row} | {election.TotalMilliseconds,5:0} ms | {traffic.LongestOutage.TotalMilliseconds,5:0} ms"));
            Assert.That(report.IsClean, Is.True, report.ToString());
            cluster.Brokers[broker].Start();
            await cluster.WaitUntilUp();
            await Wait.Until(() => Task.Run(() => topics.IsWhole("rig")), "all replicas are in sync again");
        }
    }
}
