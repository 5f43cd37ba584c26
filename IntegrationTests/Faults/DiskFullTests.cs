using System.Globalization;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>The disk with the source topic takes no more; the broker lives on without it.</summary>
internal sealed class DiskFullTests
{
    private const int PublishTimeoutMs = 1_000;
    private const int MessageBytes = 20_000;

    [Test]
    public async Task FullDisk_IsSaidToPublishersWhileItLasts_AndIsOverWhenThereIsSpace()
    {
        await using var cluster = await TestKafka.StartCluster(overrides: new Dictionary<string, string> { ["log.dirs"] = "{data}-a,{data}-b", ["metadata.log.dir"] = "{data}-c" });
        await using var node = await KafkaNode.Start(cluster.Hosts, "rig", new()
        {
            ["KAFKA_PARTITIONS"] = "1",
            ["KAFKA_METADATA_REFRESH_MS"] = "500",
            ["PUBLISH_TIMEOUT_MS"] = $"{PublishTimeoutMs}",
            ["HEARTBEAT_INTERVAL_MS"] = "200",
        });
        using var traffic = await Traffic.Start(node.Api, [node.External], ["alice"], MessageBytes);
        await traffic.Flow();

        cluster.Brokers[0].FillDiskAt(100 * MessageBytes);
        await Wait.Until(async () => await node.HealthWord() == "degraded", "the node says that it is degraded");
        await Wait.Until(async () => (await Ready(node)).Contains("1 of 1 partitions have no replica in sync", StringComparison.Ordinal), "and what is wrong");
        await traffic.Listeners[0].HearHeartbeats(5);
        await traffic.IsToldOfTrouble();

        await cluster.Brokers[0].Kill();
        cluster.Brokers[0].Start();
        await cluster.WaitUntilUp();
        await Wait.Until(async () => await node.HealthWord() == "ready", "the node is well again");
        var report = await traffic.Finish();
        await TestContext.Progress.WriteLineAsync($"Disk full: {HistoryReport.Header} | slowest answer");
        await TestContext.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Disk full: {report.Row} | {traffic.Slowest.TotalMilliseconds:0} ms"));
        Assert.That(report.IsClean, Is.True, report.ToString());
        Assert.That(report.Acknowledged, Is.GreaterThan(90));
        Assert.That(node.Log.All.Where(line => line.EventName == "HealthCheckEnd"), Is.Empty, "no line for each time that somebody asks for the health");
    }

    private static async Task<string> Ready(GatewayNode node)
    {
        using var answer = await node.GetApi("/health/ready");
        return await answer.Content.ReadAsStringAsync();
    }
}
