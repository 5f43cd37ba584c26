using System.Globalization;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>The stories of the unit tests on a real Kafka, with real nodes and sockets: transactions, random keys, nodes that are rolled.</summary>
internal sealed class ResumeTrafficTests
{
    private const string SecondsVariable = "RIG_RESUME_SECONDS";

    private static TimeSpan Time =>
        TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable(SecondsVariable) ?? "20", CultureInfo.InvariantCulture));

    [TestCase(1, 64 * 1024 * 1024)]
    [TestCase(2, 40_000)]
    [TestCase(3, 0)]
    public async Task Traffic_LeavesNothingLost_Twice_OutOfOrder_OrUntold(int seed, int historyBytes)
    {
        using var topics = new TestTopics(await TestKafka.Hosts());
        var topic = await topics.Create(partitions: 3);
        await using var traffic = new ResumeTraffic(topics, topic, seed, new Dictionary<string, string?>
        {
            ["HISTORY_MAX_BYTES"] = $"{historyBytes}",
            ["HEARTBEAT_INTERVAL_MS"] = "200",
            ["PRIVILEGED_ROLES"] = "support",
            ["OUTBOX_MAX_BYTES"] = $"{16 * 1024 * 1024}",
        });

        await traffic.Run(Time);
        var truth = await traffic.Finish();

        var views = traffic.Clients.ConvertAll(client => client.Judge(truth));
        var faults = views.SelectMany(view => view.Faults).ToList();
        var totals = ResumeTotals.Of(truth.Count, views, faults, (long)traffic.Replayed);
        TestContext.Out.WriteLine($"seed | {ResumeTotals.Header}{Environment.NewLine}{seed,4} | {totals.Row}");
        TestContext.Out.WriteLine($"{traffic.Clients.Sum(client => client.Streams)} streams, {traffic.Clients.Sum(client => client.Refusals)} refusals");
        Assert.That(faults, Is.Empty);
        Assert.That(traffic.Clients.Sum(client => client.Streams), Is.GreaterThan(traffic.Clients.Count));
        Assert.That(views.SelectMany(view => view.Gaps), Is.Empty, "a log that keeps everything has no gap");
    }
}
