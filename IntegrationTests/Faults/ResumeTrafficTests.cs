using System.Globalization;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>The stories of the unit tests on a real Kafka, with real nodes and sockets. A seed says what happens; every third is calm.</summary>
internal sealed class ResumeTrafficTests
{
    private const string SeedsVariable = "RIG_RESUME_KAFKA_SEEDS";

    private const int SeedsOtherwise = 3;

    private const string SecondsVariable = "RIG_RESUME_SECONDS";

    private static readonly int[] HistoryBytes = [64 * 1024 * 1024, 40_000, 0, 400_000];

    private static TimeSpan Time =>
        TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable(SecondsVariable) ?? "20", CultureInfo.InvariantCulture));

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

        var views = traffic.Clients.ConvertAll(client => client.Judge(truth));
        var faults = views.SelectMany(view => view.Faults).ToList();
        var totals = ResumeTotals.Of(truth.Count, views, faults, traffic.Faults.Replayed);
        TestContext.Out.WriteLine($"seed | {ResumeTotals.Header}{Environment.NewLine}{seed,4} | {totals.Row}");
        TestContext.Out.WriteLine($"{traffic.Clients.Sum(client => client.Streams)} streams, {traffic.Clients.Sum(client => client.Refusals)} refusals");
        TestContext.Out.WriteLine(string.Join(Environment.NewLine, traffic.Faults.Told));
        Assert.That(faults, Is.Empty);
        Assert.That(traffic.Faults.Errors, Is.Empty);
        Assert.That(traffic.Clients.Sum(client => client.Streams), Is.GreaterThan(traffic.Clients.Count));
        if (isCalm)
        {
            Assert.That(views.SelectMany(view => view.Gaps), Is.Empty, "a log that keeps everything has no gap");
        }
    }

    /// <summary>Compacted soon, but not before a node has read it that hangs for a while: nothing shows what such a node has missed.</summary>
    private static Dictionary<string, string> Compacted => new()
    {
        ["cleanup.policy"] = "compact",
        ["segment.ms"] = "1000",
        ["min.compaction.lag.ms"] = "10000",
        ["max.compaction.lag.ms"] = "11000",
        ["min.cleanable.dirty.ratio"] = "0.01",
    };
}
