using NUnit.Framework;
using RigKafka.Log;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>What a table promises when its broker is killed or away.</summary>
internal sealed class KafkaTableFaultTests
{
    private const int TimeoutMs = 2_000;
    private const string Topic = "table";

    private static readonly TableEntry Entry = new([], DateTimeOffset.MaxValue);

    [Test]
    public async Task BrokerKilledAndRestarted_KeepsTheCopyAndGoesOn()
    {
        await using var cluster = await TestKafka.StartCluster();
        await using var one = new KafkaTableNode(cluster.Hosts, Topic, TimeoutMs);
        await using var two = new KafkaTableNode(cluster.Hosts, Topic, TimeoutMs);
        var (here, there) = (await one.CaughtUp(), await two.CaughtUp());
        await here.Put("before", Entry).Soon();

        await cluster.Brokers[0].Kill();
        Assert.That(await here.Put("down", Entry).Soon(), Is.Not.EqualTo(AppendOutcome.Stored));
        Assert.That(() => here.Health.Trouble, Does.StartWith("Table test: Kafka is out of reach: ").After(Limits.HangSeconds).Seconds.PollEvery(20));
        Assert.That(here.Health.Ready, Is.True);
        Assert.That((here.Get("before"), there.Get("before")), Is.Not.EqualTo(((TableEntry?)null, (TableEntry?)null)));

        cluster.Brokers[0].Start();
        await cluster.WaitUntilUp();
        Assert.That(async () => await here.Put("after", Entry).Soon(), Is.EqualTo(AppendOutcome.Stored).After(Limits.HangSeconds).Seconds.PollEvery(100));
        Assert.That(() => there.Get("after"), Is.Not.Null.After(Limits.HangSeconds).Seconds.PollEvery(20));
        Assert.That(() => here.Health, Is.EqualTo(new LogHealth(true, null)).After(Limits.HangSeconds).Seconds.PollEvery(20));
    }

    [Test]
    public async Task BrokerDownAtStart_HasNobodyCaughtUpUntilItIsUp()
    {
        await using var cluster = await TestKafka.StartCluster();
        await cluster.Brokers[0].Kill();
        await using var node = new KafkaTableNode(cluster.Hosts, Topic, TimeoutMs);

        Assert.That(await node.Table.Put("early", Entry).Soon(), Is.EqualTo(AppendOutcome.NotStored));
        Assert.That((node.Table.CaughtUp.IsCompleted, node.Table.Health.Ready), Is.EqualTo((false, false)));

        cluster.Brokers[0].Start();
        await cluster.WaitUntilUp();
        var table = await node.CaughtUp();
        Assert.That(await table.Put("late", Entry).Soon(), Is.EqualTo(AppendOutcome.Stored));
        Assert.That(table.Entries.Select(pair => pair.Key), Is.EqualTo(["late"]));
    }
}
