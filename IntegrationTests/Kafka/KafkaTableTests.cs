using System.Diagnostics;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Log;
using RigKafka.Tests.Log;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>The contract, and what only a table has that several nodes share and that outlives them.</summary>
internal sealed class KafkaTableTests : TableContract
{
    private readonly List<KafkaTableNode> _nodes = [];
    private TestTopics _topics = null!;
    private string _topic = null!;

    [SetUp]
    public async Task NameATopic() => (_topics, _topic) = (new TestTopics(await TestKafka.Hosts()), TestTopics.NewName());

    [TearDown]
    public async Task StopTheNodes()
    {
        await StopAll();
        _topics?.Dispose();
    }

    protected override Task<ITable> Create() => Task.FromResult(New().Table);

    [Test]
    public async Task Put_OnOneNode_IsSeenByEveryOther()
    {
        var (one, two, three) = (await New().CaughtUp(), await New().CaughtUp(), await New().CaughtUp());
        var told = new TaskCompletionSource<TableChange>(TaskCreationOptions.RunContinuationsAsynchronously);
        two.Watch(change => told.TrySetResult(change));

        await Put(one, "key", "value");
        var change = await told.Task.Soon();

        Assert.That((change.Key, Encoding.UTF8.GetString(change.Entry!.Value.Value)), Is.EqualTo(("key", "value")));
        Assert.That(() => Get(three, "key"), Is.EqualTo("value").After(Limits.HangSeconds).Seconds.PollEvery(5));
        await two.Remove("key").Soon();
        Assert.That(() => Get(one, "key"), Is.Null.After(Limits.HangSeconds).Seconds.PollEvery(5));
        Assert.That(() => Get(three, "key"), Is.Null.After(Limits.HangSeconds).Seconds.PollEvery(5));
    }

    [Test]
    public async Task AfterARestartOfAllNodes_EverythingIsThere()
    {
        var one = await New().CaughtUp();
        await Put(one, "kept", "old");
        await Put(one, "kept", "new");
        await Put(one, "removed", "");
        await one.Remove("removed").Soon();
        await StopAll();

        var two = await New().CaughtUp();

        Assert.That(two.Entries.Select(pair => (pair.Key, Encoding.UTF8.GetString(pair.Value.Value), pair.Value.Expires)), Is.EqualTo(new[] { ("kept", "new", Later) }));
    }

    [Test]
    public async Task TwoWritersOfOneKey_SettleOnTheLogsLast()
    {
        var tables = new[] { await New().CaughtUp(), await New().CaughtUp() };

        await Task.WhenAll(Enumerable.Range(0, 400).Select(i => Put(tables[i % 2], $"{i % 5}", $"{i}"))).Soon();

        var lasts = _topics.ReadAll(_topic).GroupBy(record => record.Key!).ToDictionary(group => group.Key, group => group.Last().Value!.Split('\n')[1]);
        Assert.That(lasts, Has.Count.EqualTo(5));
        foreach (var table in tables)
        {
            Assert.That(() => lasts.All(pair => Get(table, pair.Key) == pair.Value), Is.True.After(Limits.HangSeconds).Seconds.PollEvery(5));
        }
    }

    [Test]
    public async Task ForeignRecords_AreSkipped()
    {
        await Put(await New().CaughtUp(), "good", "1");
        await WriteRaw("bad value", "{}");
        await _topics.Write(_topic, 0, new Message<byte[]?, byte[]?> { Key = [0xff, 0xfe], Value = "rig1 never\n"u8.ToArray() });

        var log = new LogLines();
        var table = await New(log).CaughtUp();
        await WriteRaw("late", "bad too");
        await Put(table, "better", "2");

        Assert.That(table.Entries.Select(pair => pair.Key), Is.EquivalentTo(["good", "better"]));
        Assert.That(log.Of("TableRecordSkipped"), Has.Exactly(3).Items);
        Assert.That(log.Of("TableRecordSkipped").First(), Is.EqualTo($"Skipped the record at {_topic}/0/1: it is not an entry of a table (bad_value)."));
    }

    [Test]
    public async Task CaughtUp_IsNotBeforeEverythingIsThere()
    {
        await CreateTable();
        for (var i = 0; i < 5_000; i++)
        {
            _ = WriteRaw($"{i}", "rig1 never\n");
        }

        await WriteRaw("last", "rig1 never\n");
        var node = New();
        await node.Table.CaughtUp.Soon();

        Assert.That(node.Table.Count, Is.EqualTo(5_001));
    }

    [Test]
    public async Task TopicThatIsMissing_IsCreatedAsATableNeedsIt()
    {
        await New().CaughtUp();

        var configuration = await _topics.Configuration(_topic);

        Assert.That(_topics.PartitionsOf(_topic), Is.EqualTo(1));
        Assert.That((configuration["cleanup.policy"], configuration["segment.bytes"], configuration["segment.ms"]), Is.EqualTo(("compact", "16777216", "3600000")));
    }

    [TestCase("delete")]
    [TestCase("compact,delete")]
    public async Task TopicThatIsNotCompacted_IsRefused(string policy)
    {
        await _topics.Create(partitions: 1, _topic, new() { ["cleanup.policy"] = policy });

        Assert.That(() => New().Running.Soon(), Throws.TypeOf<TableRefusedException>().With.Message.EqualTo(
            $"Table topic {_topic} has cleanup.policy={policy} and cannot hold a table, which needs cleanup.policy=compact; set that, or name another topic."));
    }

    [Test]
    public async Task TopicWithSeveralPartitions_IsRefused()
    {
        await _topics.Create(partitions: 2, _topic, new() { ["cleanup.policy"] = "compact" });

        Assert.That(() => New().Running.Soon(), Throws.TypeOf<TableRefusedException>().With.Message.StartsWith($"Table topic {_topic} has 2 partitions"));
    }

    [Test]
    public async Task TopicThatWasDeleted_IsCreatedAgainAndFollowed()
    {
        var table = await New().CaughtUp();
        await Put(table, "old", "1");
        await _topics.Delete(_topic);

        Assert.That(async () => await Put(table, "new", "2"), Is.EqualTo(AppendOutcome.Stored).After(Limits.HangSeconds).Seconds.PollEvery(100));

        Assert.That(table.Entries.Select(pair => pair.Key), Is.EquivalentTo(["old", "new"]), "a node keeps what it knows");
        Assert.That((await _topics.Configuration(_topic))["cleanup.policy"], Is.EqualTo("compact"));
    }

    [Test]
    public async Task Compaction_LeavesANewNodeWithTheRightEntries()
    {
        await _topics.Create(partitions: 1, _topic, new()
        {
            ["cleanup.policy"] = "compact",
            ["segment.ms"] = "200",
            ["max.compaction.lag.ms"] = "200",
            ["min.cleanable.dirty.ratio"] = "0.01",
            ["delete.retention.ms"] = "100",
        });
        var table = await New().CaughtUp();
        const int Rounds = 40;
        for (var round = 0; round < Rounds; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 250).Select(i => Put(table, $"{i}", $"{round}"))).Soon();
        }

        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => table.Remove($"{i}"))).Soon();
        // A segment is compacted once it is no longer the one that is written to.
        var until = Stopwatch.StartNew();
        var left = int.MaxValue;
        for (var i = 0; left > 1_000 && until.Elapsed < Limits.Hang; i++)
        {
            await Put(table, "tick", $"{i}");
            await Task.Delay(500);
            left = _topics.CountRecords(_topic);
        }

        Assert.That(left, Is.LessThanOrEqualTo(1_000), "the broker compacted 10,000 writes");
        TestContext.Out.WriteLine($"{Rounds * 250} writes, {left} records left after {until.Elapsed.TotalSeconds:0.0} s.");
        var anew = await New().CaughtUp();
        Assert.That(anew.Entries.Where(pair => pair.Key != "tick").Select(pair => (int.Parse(pair.Key, CultureInfo.InvariantCulture), Encoding.UTF8.GetString(pair.Value.Value))),
            Is.EquivalentTo(Enumerable.Range(50, 200).Select(i => (i, $"{Rounds - 1}"))));
    }

    [Test, NonParallelizable]
    public async Task AHundredThousandEntries_Load_AndTakeLittleMemory()
    {
        const int Entries = 100_000;
        await CreateTable();
        var written = Enumerable.Range(0, Entries).Select(_ => WriteRaw($"session:{Guid.NewGuid()}", "rig1 4102444800123\n")).ToArray();
        await Task.WhenAll(written).Soon();
        written = [];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var took = Stopwatch.StartNew();

        var table = await New().CaughtUp();

        took.Stop();
        var perEntry = (GC.GetTotalMemory(forceFullCollection: true) - before) / Entries;
        TestContext.Out.WriteLine($"{Entries} entries in {took.Elapsed.TotalSeconds:0.00} s, {perEntry} bytes each.");
        Assert.That(table.Count, Is.EqualTo(Entries));
        Assert.That(perEntry, Is.LessThan(400));
    }

    private KafkaTableNode New(LogLines? log = null)
    {
        var node = new KafkaTableNode(_topics.Hosts, _topic, loggers: log?.Factory());
        _nodes.Add(node);
        return node;
    }

    private async Task StopAll()
    {
        await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask())).Soon();
        _nodes.Clear();
    }

    private Task<string> CreateTable() => _topics.Create(partitions: 1, _topic, new() { ["cleanup.policy"] = "compact" });

    private Task WriteRaw(string key, string value) => _topics.Write(_topic, 0, new Message<byte[]?, byte[]?> { Key = Encoding.UTF8.GetBytes(key), Value = Encoding.UTF8.GetBytes(value) });
}
