using System.Text;
using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>
/// A topic is created again after its partitions had another leader. Kafka counts the leaders of the new one from zero, and its client takes
/// a lower count than it has seen for old news.
/// </summary>
internal sealed class LeaderEpochTests() : ClusterFixture(brokers: 3)
{
    private static readonly List<int>[] Before = [[1, 2], [1, 2]];

    /// <summary>The leader of one partition is the one it had last, and that of the other is not.</summary>
    private static readonly List<int>[] After = [[2, 3], [3, 2]];
    private static readonly Dictionary<string, string> Compacted = new() { ["cleanup.policy"] = "compact" };

    /// <summary>So many that each partition has some.</summary>
    private static readonly string[] Users = [.. Enumerable.Range(0, 16).Select(i => $"user-{i}")];

    private static int _number;

    private string _topic = null!;

    [SetUp]
    public void NameATopic() => _topic = TestTopics.NewName();

    [Test]
    public async Task SourceTopic_IsReadAndWritten_AndReadAgain()
    {
        await Topics.Create(Before.Length, _topic, replicas: Before);
        using var log = NewLog();
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();
        await AppendAndRead(log, reader);
        await ChangeLeaders();
        await AppendAndRead(log, reader);
        Assert.That(await CountAll(log), Is.GreaterThanOrEqualTo(2 * Users.Length));

        await CreateAgain();

        await Topics.Write(_topic, 0, "new");
        await Topics.Write(_topic, 1, "new");
        Assert.That((await reader.NextPlacement()).Gap, Is.EqualTo(LogPlacement.Recreated));
        Assert.That(await reader.NextTexts(2), Is.EqualTo(["new", "new"]));
        await AppendAndRead(log, reader);
        Assert.That(await CountAll(log), Is.GreaterThanOrEqualTo(2 + Users.Length));
    }

    [Test]
    public async Task Table_IsReadAndWritten()
    {
        await Topics.Create(1, _topic, Compacted, Before[..1]);
        await using var node = new KafkaTableNode(Cluster.Hosts, _topic, putsBack: false);
        var table = await node.CaughtUp();
        await Put(table, "one");
        await ChangeLeaders();
        await Put(table, "two");

        await CreateAgain(Compacted);

        await Put(table, "three");
        Assert.That(table.Get("three"), Is.Not.Null);
    }

    /// <summary>Nobody looks at the topics that calls are written to: that their leaders are others shows only in what is not stored.</summary>
    [Test]
    public async Task TopicOfCalls_IsWritten_WhileOtherPartitionsTakeRecords()
    {
        await Topics.Create(Before.Length, _topic, replicas: Before);
        using var writer = new RecordWriter(TestClients.Of(Options, new LogOptions { PublishTimeoutMs = 1_000 }));
        await Write(writer);
        await ChangeLeaders();
        await Write(writer);

        await CreateAgain();

        await Write(writer);
    }

    private async Task ChangeLeaders()
    {
        await Cluster.Brokers[0].Kill();
        await Wait.Until(() => Topics.IsLedWithout(broker: 1, _topic), "it has another leader");
        Cluster.Brokers[0].Start();
        await Cluster.WaitUntilUp();
        await Wait.Until(() => Topics.IsWhole(_topic), "its replicas are in sync");
    }

    private async Task CreateAgain(Dictionary<string, string>? configs = null)
    {
        var partitions = Topics.PartitionsOf(_topic);
        await Topics.Delete(_topic);
        await Topics.CreateAgain(_topic, partitions, configs, After[^partitions..]);
    }

    private KafkaOptions Options => new() { Hosts = Cluster.Hosts.Split(','), SourceTopics = [_topic], MetadataRefreshMs = 300 };

    private KafkaLog NewLog() => new(TestClients.Of(Options));

    private static async Task AppendAndRead(KafkaLog log, RecordingReader reader)
    {
        var number = Interlocked.Increment(ref _number);
        await Task.WhenAll(Users.Select(user => Wait.Until(
            async () => await log.Append(TestMessage.Of(user, number), TestMessage.NoHeaders).Soon() == AppendOutcome.Stored, $"{user}'s message is stored")));
        var left = Users.Select(user => TestMessage.Text(user, number)).ToHashSet();
        while (left.Count > 0)
        {
            left.Remove(await reader.NextText());
        }
    }

    private static Task Put(ITable table, string key) => Wait.Until(
        async () => await table.Put(key, new TableEntry([], DateTimeOffset.MaxValue)).Soon() == AppendOutcome.Stored, $"{key} is stored");

    private Task Write(RecordWriter writer) => Task.WhenAll(Users.Select(user => Wait.Until(
        async () => await writer.Write(_topic, Encoding.UTF8.GetBytes(user), [], TestMessage.NoHeaders) == AppendOutcome.Stored, $"{user}'s record is stored")));

    /// <summary>How many records there are from the beginning to the end.</summary>
    private static async Task<int> CountAll(KafkaLog log)
    {
        var bounds = (await log.Bounds(CancellationToken.None).Soon())!;
        var count = 0;
        Assert.That(await log.ReadAgain(bounds.First, bounds.End, _ => count++, CancellationToken.None).Soon(), Is.Null);
        return count;
    }
}
