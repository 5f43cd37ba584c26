using System.Globalization;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>The one broker is killed and started again under open streams and running publishers, each time at another moment.</summary>
internal sealed class BrokerKilledTests
{
    private const int PublishTimeoutMs = 1_000;

    private KafkaCluster _cluster = null!;
    private GatewayNode _node = null!;

    /// <summary><c>RIG_FAULT_SEEDS</c> says how many, for a longer run.</summary>
    private static IEnumerable<int> Seeds => Enumerable.Range(1, LongerRun.Number("RIG_FAULT_SEEDS", 10));

    [OneTimeSetUp]
    public async Task Start()
    {
        _cluster = await TestKafka.StartCluster();
        _node = await KafkaNode.Start(_cluster.Hosts, "rig", new()
        {
            ["KAFKA_PARTITIONS"] = "3",
            ["KAFKA_METADATA_REFRESH_MS"] = "500",
            ["PUBLISH_TIMEOUT_MS"] = $"{PublishTimeoutMs}",
            ["HEARTBEAT_INTERVAL_MS"] = "200",
        });
        await TestContext.Progress.WriteLineAsync($"Broker killed: seed | {HistoryReport.Header} | slowest answer");
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    [TestCaseSource(nameof(Seeds))]
    public async Task BrokerKilledAndRestarted_LosesNothing_AndKeepsTheStreams(int seed)
    {
        var random = new Random(seed);
        using var traffic = await Traffic.Start(_node.Api, [_node.External, _node.External], [.. Enumerable.Range(0, 3).Select(user => $"seed-{seed}-user-{user}")]);
        await traffic.Flow();

        // A moment of its own for each seed, somewhere between two messages.
        await Task.Delay(random.Next(100, 700));
        await _cluster.Brokers[0].Kill();
        await Wait.Until(async () => await _node.HealthWord() == "degraded", "the node says that it is degraded");
        await Task.Delay(random.Next(0, 1_500));
        await Task.WhenAll(traffic.Listeners.Select(listener => listener.HearHeartbeats(2)));
        await traffic.IsToldOfTrouble();
        _cluster.Brokers[0].Start();
        await _cluster.WaitUntilUp();
        await Wait.Until(async () => await _node.HealthWord() == "ready", "the node is well again");

        var report = await traffic.Finish();
        await TestContext.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Broker killed: {seed,4} | {report.Row} | {traffic.Slowest.TotalMilliseconds,5:0} ms"));
        Assert.That(report.IsClean, Is.True, report.ToString());
        Assert.That(traffic.Listeners.Select(listener => listener.Stream.Ended.IsCompleted), Has.All.False);
    }
}
