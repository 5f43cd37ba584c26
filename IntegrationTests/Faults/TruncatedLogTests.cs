using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>The log loses its end and grows again while a node sees nothing of it.</summary>
internal sealed class TruncatedLogTests
{
    private const string Topic = "rig";

    [TestCase(15, TestName = "NodePausedWhileItsLogIsCutAndGrows_GivesAGap_AndThenAllThatIsNew")]
    [TestCase(5, TestName = "NodePausedWhileItsLogIsCutAndGrowsLess_GivesAGap_AndThenAllThatIsNew")]
    public async Task NodePaused(int written)
    {
        await using var cluster = await TestKafka.StartCluster();
        using var topics = new TestTopics(cluster.Hosts);
        await topics.Create(partitions: 1, Topic);
        await using var node = await GatewayProcess.Start(new Dictionary<string, string>
        {
            ["KAFKA_ENABLED"] = "true",
            ["KAFKA_HOSTS"] = cluster.Hosts,
            ["KAFKA_SOURCE_TOPICS"] = Topic,
            ["HEARTBEAT_INTERVAL_MS"] = "200",
            ["JWT_SECRET_KEY"] = Token.Secret,
        });
        await node.UntilReady();
        using var alice = await Listener.Open(node.External, "alice");
        await Write(topics, 0, 20);
        await alice.HearUntil(19);

        node.Pause();
        await cluster.Brokers[0].Kill();
        cluster.Brokers[0].Cut(Topic, 0, 10);
        cluster.Brokers[0].Start();
        await cluster.WaitUntilUp();
        await Write(topics, 100, written);
        node.Resume();

        var gap = await alice.Stream.Next();
        Assert.That((gap.Name, gap.Data), Is.EqualTo(("gap", """{"reason":"log_truncated"}""")));
        await alice.HearUntil(100 + written - 1);
        Assert.That(alice.Heard.Numbers.Skip(20), Is.EqualTo(Enumerable.Range(100, written)));
    }

    private static async Task Write(TestTopics topics, int from, int count)
    {
        for (var n = from; n < from + count; n++)
        {
            await topics.Write(Topic, 0, $$"""{"user":"alice","n":{{n}}}""");
        }
    }
}
