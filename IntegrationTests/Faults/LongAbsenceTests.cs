using System.Diagnostics;
using System.Net;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Sessions;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>A node that hangs for longer than the broker keeps the records that say what was removed.</summary>
internal sealed class LongAbsenceTests
{
    private static readonly TimeSpan Compaction = TimeSpan.FromMinutes(3);

    /// <summary>How often a node looks at its topics; it is away when it has not for more than two of these, however short the broker keeps removals.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    [Test]
    public async Task NodeThatWasAwayForTooLong_DropsWhatWasRemovedMeanwhile_AndKeepsTheRest()
    {
        await using var cluster = await TestKafka.StartCluster(overrides: new Dictionary<string, string> { ["log.cleaner.backoff.ms"] = "300" });
        using var topics = new TestTopics(cluster.Hosts);
        var topic = TestTopics.NewName();
        var blacklist = await topics.Create(1, KafkaNode.BlacklistOf(topic), new()
        {
            ["cleanup.policy"] = "compact",
            ["segment.ms"] = "200",
            ["max.compaction.lag.ms"] = "200",
            ["min.cleanable.dirty.ratio"] = "0.01",
            ["delete.retention.ms"] = "100",
        });
        Dictionary<string, string?> settings = new() { ["KAFKA_METADATA_REFRESH_MS"] = $"{Look.TotalMilliseconds}", ["KAFKA_PARTITIONS"] = "1", ["JWT_SECRET_KEY"] = Token.Secret };
        await using var here = await KafkaNode.Start(cluster.Hosts, topic, settings);
        await using var away = await GatewayProcess.Start(KafkaNode.Settings(cluster.Hosts, topic, settings).ToDictionary(setting => setting.Key, setting => setting.Value!));
        await away.UntilReady();
        await Put(here, "removed");
        await Put(here, "kept");
        await Wait.Until(async () => await Find(away, "removed") && await Find(away, "kept"), "the other node knows both");

        away.Pause();
        var paused = Stopwatch.StartNew();
        // The answer to the fetch that is under way, which it finds when it goes on.
        await Put(here, "tick");
        await here.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, "/v1/blacklist/removed");
        var ticks = 0;
        await Wait.Until(
            async () =>
            {
                // A segment is compacted once it is no longer the one that is written to.
                await Put(here, $"tick {++ticks}");
                await Task.Delay(300);
                return !topics.Keys(blacklist).Contains("session:removed") && paused.Elapsed > 3.5 * Look;
            },
            "the broker has forgotten the removal",
            Compaction);
        away.Resume();

        await Wait.Until(async () => !await Find(away, "removed") && await Find(away, $"tick {ticks}"), "what was removed is dropped");
        Assert.That(await Find(away, "kept"), Is.True);
        Assert.That(await away.Line($"Table topic {blacklist}: this node did not read it").Soon(), Does.Contain("dropped"));
    }

    private static Task<string> Put(GatewayNode node, string session) => node.Expect(HttpStatusCode.OK, HttpMethod.Put, $"/v1/blacklist/{Uri.EscapeDataString(session)}", """{"ttl_seconds":3600}""");

    private static async Task<bool> Find(GatewayProcess node, string session)
    {
        using var answer = await SessionCalls.Http.GetAsync(new Uri(node.Api, $"/v1/blacklist/{Uri.EscapeDataString(session)}")).Soon();
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.NotFound));
        return answer.StatusCode == HttpStatusCode.OK;
    }
}
