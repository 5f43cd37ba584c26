using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>The stories of the unit tests on a real Kafka, with real nodes and sockets. A seed says what happens; every third is calm.</summary>
internal sealed class ResumeTrafficTests
{
    private const string SeedsVariable = "RIG_RESUME_KAFKA_SEEDS";

    private const int SeedsOtherwise = 4;

    private static readonly int[] HistoryBytes = [64 * 1024 * 1024, 40_000, 400_000, 0];

    private static TimeSpan Time => TimeSpan.FromSeconds(LongerRun.Number("RIG_RESUME_SECONDS", 20));

    private static IEnumerable<int> Seeds => ResumeSeeds.Of(SeedsVariable, SeedsOtherwise);

    [TestCaseSource(nameof(Seeds))]
    public async Task Traffic_LeavesNothingLost_Twice_OutOfOrder_OrUntold(int seed)
    {
        var isCalm = seed % 3 == 1;
        await using var cluster = await TestKafka.StartCluster(overrides: new Dictionary<string, string> { ["log.cleaner.backoff.ms"] = "300" });
        using var topics = new TestTopics(cluster.Hosts);
        var topic = await topics.Create(partitions: 3);
        List<string> sourceTopics = isCalm ? [topic] : [topic, await topics.Create(2, $"{topic}-compacted", Compacted)];
        await using var traffic = new ResumeTraffic(topics, sourceTopics, seed, new Dictionary<string, string>
        {
            ["KAFKA_ENABLED"] = "true",
            ["KAFKA_HOSTS"] = cluster.Hosts,
            ["KAFKA_SOURCE_TOPICS"] = string.Join(',', sourceTopics),
            ["KAFKA_METADATA_REFRESH_MS"] = "2000",
            ["HISTORY_MAX_BYTES"] = $"{HistoryBytes[(seed - 1) % HistoryBytes.Length]}",
            ["HEARTBEAT_INTERVAL_MS"] = "200",
            ["PRIVILEGED_ROLES"] = "support",
            ["OUTBOX_MAX_BYTES"] = $"{16 * 1024 * 1024}",
            ["JWT_SECRET_KEY"] = Token.Secret,
        });

        await traffic.Run(Time, isCalm);
        var truth = await traffic.Finish();

        var comings = traffic.Clients.SelectMany(client => client.Views).ToList();
        var views = comings.ConvertAll(coming => coming.Judge(truth));
        var faults = views.SelectMany(view => view.Faults).ToList();
        var totals = ResumeTotals.Of(truth.Count, views, faults, traffic.Replayed);
        TestContext.Out.WriteLine($"seed | {ResumeTotals.Header}{Environment.NewLine}{seed,4} | {totals.Row}");
        TestContext.Out.WriteLine($"{comings.Sum(coming => coming.Comings)} joins, {traffic.Clients.Sum(client => client.Refusals)} refusals");
        TestContext.Out.WriteLine(string.Join(Environment.NewLine, traffic.Told));
        if (faults.Count > 0)
        {
            // Where no broker answers a node in time whether a topic is still the same, it may take a new one for the former, and says so.
            Assume.That(traffic.Logs, Has.None.Contains("[1033]"), () => string.Join(Environment.NewLine, faults));
        }

        Assert.That(faults, Is.Empty, () => string.Join(Environment.NewLine, traffic.Logs));
        Assert.That(traffic.Errors, Is.Empty);
        Assert.That(comings.Select(coming => coming.Comings), Is.All.GreaterThan(1));
        if (isCalm)
        {
            Assert.That(views.SelectMany(view => view.Gaps), Is.Empty, "a log that keeps everything has no gap");
        }
    }

    /// <summary>Compacted only when the test says so.</summary>
    private static Dictionary<string, string> Compacted => new()
    {
        ["cleanup.policy"] = "compact",
        ["segment.ms"] = "1000",
        ["min.compaction.lag.ms"] = "3600000",
        ["min.cleanable.dirty.ratio"] = "0.01",
    };
}
