using System.Runtime.CompilerServices;
using System.Text;
using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Log;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>A table whose topic is deleted, cut, or swept by mistake while nodes run: they put back what they know, for those who come later.</summary>
internal sealed class KafkaTableLossTests() : ClusterFixture(overrides: Closed)
{
    private const int Keys = 300;

    /// <summary>A test that looks whether the topic is back must not create it.</summary>
    private static readonly Dictionary<string, string> Closed = new() { ["auto.create.topics.enable"] = "false" };

    private static readonly DateTimeOffset Later = DateTimeOffset.FromUnixTimeMilliseconds(4_102_444_800_123);

    private readonly List<KafkaTableNode> _nodes = [];
    private string _topic = null!;

    [SetUp]
    public void NameATopic() => _topic = TestTopics.NewName();

    [TearDown]
    public async Task StopTheNodes()
    {
        await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask())).Soon();
        _nodes.Clear();
    }

    [Test]
    public async Task TopicThatIsDeleted_IsPutBackByTheNodesThatRun_AndANodeThatStartsAfterwardsKnows()
    {
        ITable[] tables = [await New(), await New()];
        await Task.WhenAll(Enumerable.Range(0, Keys).Select(i => Put(tables[i % 2], $"{i}", $"value {i}")));
        await Put(tables[0], "removed", "");
        await tables[0].Remove("removed").Soon();
        await tables[0].Put("expired", new TableEntry([], DateTimeOffset.UtcNow.AddSeconds(-1))).Soon();
        var expected = Enumerable.Range(0, Keys).Select(i => ($"{i}", $"value {i}", Later)).ToArray();
        await Until(() => Enumerable.Range(0, 2).All(i => tables[i].Count == Keys + 1));

        await Topics.Delete(_topic);
        var late = await New();

        await Until(() => late.Count == Keys);
        foreach (var table in tables.Append(late))
        {
            Assert.That(All(table), Is.EquivalentTo(expected));
        }

        Assert.That(Topics.ReadAll(_topic), Has.Count.LessThanOrEqualTo(2 * Keys), "at most once by each node");
        await StopTheNodes();
        Assert.That(All(await New()), Is.EquivalentTo(expected), "after a restart of all nodes");
    }

    [Test]
    public async Task TopicThatIsDeletedTwice_IsPutBackTwice()
    {
        var table = await New();
        await Put(table, "key", "1");
        for (var i = 0; i < 2; i++)
        {
            await Topics.Delete(_topic);
            await Until(() => Last("key") == "rig1 4102444800123\n1");
        }

        await table.Remove("key").Soon();
        await Topics.Delete(_topic);
        var late = await New();
        await PutAtLast(late, "other");
        await Until(() => table.Get("other") is not null);
        Assert.That((late.Get("key"), table.Get("key")), Is.EqualTo(((TableEntry?)null, (TableEntry?)null)));
    }

    /// <summary>Somebody writes to the new topic before the nodes do.</summary>
    [Test]
    public async Task WhatTheNewTopicHas_Wins()
    {
        ITable[] tables = [await New(), await New()];
        await Put(tables[0], "key", "old");
        await Put(tables[0], "other", "old");
        await Until(() => tables[1].Count == 2);

        await Topics.Delete(_topic);
        await Wait.Until(TryCreate, "there is a new topic");
        await Topics.Write(_topic, 0, Record("key", "new"));

        await Until(() => tables.All(table => Text(table, "key") == "new") && Last("other") is not null);
        var late = await New();
        Assert.That((Text(late, "key"), Text(late, "other")), Is.EqualTo(("new", "old")));
    }

    [Test]
    public async Task WhatWasRemovedBeforeTheLoss_StaysRemoved_WhenANodeThatLagsPutsItBack()
    {
        ITable[] tables = [await New(), await New()];
        await Put(tables[0], "key", "1");
        await tables[0].Remove("key").Soon();
        await Until(() => tables[1].Get("key") is null);
        await Topics.Delete(_topic);
        await PutAtLast(tables[0], "tick");

        // What a third node writes that had read the entry and not its removal.
        var before = DateTimeOffset.UtcNow.AddMinutes(-1).ToUnixTimeMilliseconds();
        await Topics.Write(_topic, 0, Record("key", "1", ("rig-written", $"{before}")));

        await Until(() => Topics.ReadAll(_topic).Any(record => record.Key == "key" && record.Value is null));
        var late = await New();
        Assert.That(tables.Append(late).Select(table => table.Get("key")), Is.All.Null);
    }

    [Test]
    public async Task SweepThatHitARenewedEntryByMistake_IsMended()
    {
        ITable[] tables = [await New(), await New()];
        await Put(tables[0], "key", "renewed");
        await Until(() => tables[1].Get("key") is not null);

        // What a node writes that has read the entry of before only, which expired the day before yesterday.
        var dayBefore = DateTimeOffset.UtcNow.AddDays(-1).ToUnixTimeMilliseconds();
        await Topics.Write(_topic, 0, Record("key", null, ("rig-expired", $"{dayBefore}")));

        await Until(() => Last("key") is not null);
        var late = await New();
        Assert.That(tables.Append(late).Select(table => Text(table, "key")), Is.All.EqualTo("renewed"));
    }

    [TestCase(2, TestName = "TopicThatLosesItsEnd_AndIsShorterThanBefore_HasItPutBack")]
    [TestCase(40, TestName = "TopicThatLosesItsEnd_AndHasGrownPastTheOldPlace_HasItPutBack")]
    public async Task TopicThatLosesItsEnd(int written)
    {
        ITable[] tables = [await New(), await New()];
        for (var i = 0; i < 10; i++)
        {
            await Put(tables[0], $"{i}", "before");
        }

        for (var i = 5; i < 15; i++)
        {
            await Put(tables[0], $"{i}", "after");
        }

        await tables[0].Remove("0").Soon();
        await Until(() => tables[1].Count == 14);

        await Cluster.Brokers[0].Kill();
        Cluster.Brokers[0].Cut(_topic, 0, 10);
        Cluster.Brokers[0].Start();
        await Cluster.WaitUntilUp();
        for (var i = 0; i < written; i++)
        {
            await Topics.Write(_topic, 0, Record($"new {i}", "new"));
        }

        var expected = Enumerable.Range(1, 14).Select(i => ($"{i}", i < 5 ? "before" : "after", Later)).Concat(Enumerable.Range(0, written).Select(i => ($"new {i}", "new", Later))).ToArray();
        await Until(() => tables.All(table => table.Count == expected.Length) && Last("14") is not null && Last("0") is null);
        var late = await New();
        foreach (var table in tables.Append(late))
        {
            Assert.That(All(table), Is.EquivalentTo(expected));
        }
    }

    /// <summary>A table whose writers put back what is theirs: who is gone for good does not stay.</summary>
    [Test]
    public async Task TableOfWhichNodesKeepTheirOwn_TellsWhatIsLost_AndDropsWhatNobodyWritesAgain()
    {
        var (one, two) = (await New(putsBack: false), await New(putsBack: false));
        one.WatchLosses(key => _ = key == "mine" ? PutAtLast(one, "mine") : Task.CompletedTask);
        await Put(one, "mine", "");
        await Put(one, "nobody's", "");
        await Until(() => two.Count == 2);

        await Topics.Delete(_topic);

        await Until(() => Last("mine") is not null);
        Assert.That(two.Count, Is.EqualTo(2), "nothing vanishes at once");
        await Until(() => one.Count == 1 && two.Count == 1);
        Assert.That(new[] { one.Get("mine"), two.Get("mine") }, Has.None.Null);
        Assert.That(Topics.ReadAll(_topic).Select(record => record.Key), Is.EqualTo(["mine"]));
    }

    private static async Task Put(ITable table, string key, string value) =>
        Assert.That(await table.Put(key, new TableEntry(Encoding.UTF8.GetBytes(value), Later)).Soon(), Is.EqualTo(AppendOutcome.Stored));

    /// <summary>While the topic comes into being again a write may fail.</summary>
    private static Task PutAtLast(ITable table, string key) =>
        Wait.Until(async () => await table.Put(key, new TableEntry([], Later)).Soon() == AppendOutcome.Stored, "it is stored");

    private static string? Text(ITable table, string key) => table.Get(key) is { } entry ? Encoding.UTF8.GetString(entry.Value) : null;

    private static IEnumerable<(string Key, string Value, DateTimeOffset Expires)> All(ITable table) =>
        table.Entries.Select(pair => (pair.Key, Encoding.UTF8.GetString(pair.Value.Value), pair.Value.Expires));

    private static Message<byte[]?, byte[]?> Record(string key, string? value, params (string Name, string Value)[] headers)
    {
        var record = new Message<byte[]?, byte[]?> { Key = Encoding.UTF8.GetBytes(key), Value = value is null ? null : Encoding.UTF8.GetBytes($"rig1 {Later.ToUnixTimeMilliseconds()}\n{value}"), Headers = [] };
        Array.ForEach(headers, header => record.Headers.Add(header.Name, Encoding.UTF8.GetBytes(header.Value)));
        return record;
    }

    private static Task Until(Func<bool> holds, [CallerArgumentExpression(nameof(holds))] string what = "") => Wait.Until(holds, what);

    private async Task<bool> TryCreate()
    {
        try
        {
            await Topics.Create(partitions: 1, _topic, new() { ["cleanup.policy"] = "compact" });
        }
        catch (Confluent.Kafka.Admin.CreateTopicsException refusal) when (refusal.Results.Single().Error.Code == ErrorCode.TopicAlreadyExists)
        {
            // A node was faster, or the old one is not gone yet.
        }

        return Topics.PartitionsOf(_topic) == 1;
    }

    /// <summary>The value of the last record of a key in the topic as it is now.</summary>
    private string? Last(string key) => Topics.PartitionsOf(_topic) == 0 ? null : Topics.ReadAll(_topic).LastOrDefault(record => record.Key == key)?.Value;

    private async Task<ITable> New(bool putsBack = true)
    {
        var node = new KafkaTableNode(Cluster.Hosts, _topic, putsBack: putsBack);
        _nodes.Add(node);
        return await node.CaughtUp();
    }
}
