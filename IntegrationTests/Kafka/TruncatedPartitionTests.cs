using System.Text;
using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>A partition loses its end while its broker is down and the node runs, as by an unclean election or a disk restored from a copy.</summary>
internal sealed class TruncatedPartitionTests : ClusterFixture
{
    private LogLines _lines = null!;

    [TestCase(15, TestName = "Truncated_AndGrownPastTheOldPlace_IsAGap_AndThenAllThatIsNew")]
    [TestCase(5, TestName = "Truncated_AndStillShorterThanTheOldPlace_IsAGap_AndThenAllThatIsNew")]
    public async Task Truncated(int written)
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = New(topic);
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();
        await WriteAndRead(reader, topic, 0, 20);

        await Cut((topic, 0, 10));
        await Write(topic, 0, "new", written);

        var gap = await reader.NextPlacement();
        Assert.That((gap.Gap, gap.NextOffsets[0]), Is.EqualTo((LogPlacement.Truncated, 10L)));
        Assert.That(await reader.NextTexts(written), Is.EqualTo(Texts("new", written)));
        Assert.That(reader.HasMore, Is.False);
        Assert.That(_lines.Of("TruncationUnread"), Is.Empty, "the words of the client are known");
    }

    [Test]
    public async Task Truncated_BeforeTheFirstRecordWasRead_IsAGap_AndThenAllThatIsNew()
    {
        var topic = await Topics.Create(partitions: 1);
        await Write(topic, 0, "old", 20);
        using var log = New(topic);
        await using var reader = new RecordingReader(log);
        Assert.That((await reader.NextPlacement()).NextOffsets, Is.EqualTo([20]));

        await Cut((topic, 0, 10));
        await Write(topic, 0, "new", 15);

        var gap = await reader.NextPlacement();
        Assert.That((gap.Gap, gap.NextOffsets[0]), Is.EqualTo((LogPlacement.Truncated, 10L)));
        Assert.That(await reader.NextTexts(15), Is.EqualTo(Texts("new", 15)));
    }

    [Test]
    public async Task Truncated_Twice_IsAGapEachTime()
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = New(topic);
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();
        await WriteAndRead(reader, topic, 0, 20);

        foreach (var (end, text) in new[] { (10, "second"), (5, "third") })
        {
            await Cut((topic, 0, end));
            await Write(topic, 0, text, 15);

            var gap = await reader.NextPlacement();
            Assert.That((gap.Gap, gap.NextOffsets[0]), Is.EqualTo((LogPlacement.Truncated, (long)end)));
            Assert.That(await reader.NextTexts(15), Is.EqualTo(Texts(text, 15)));
        }
    }

    [Test]
    public async Task Truncated_ToNothing_IsAGap_AndThenTheNewBeginning()
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = New(topic);
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();
        await WriteAndRead(reader, topic, 0, 20);

        await Cut((topic, 0, 0));
        await Write(topic, 0, "new", 25);

        var gap = await reader.NextPlacement();
        Assert.That((gap.Gap, gap.NextOffsets[0]), Is.EqualTo((LogPlacement.Truncated, 0L)));
        Assert.That(await reader.NextTexts(25), Is.EqualTo(Texts("new", 25)));
    }

    [Test]
    public async Task Truncated_InSomePartitions_IsAGapForEachOfThese_AndTheOthersGoOn()
    {
        var topic = await Topics.Create(partitions: 3);
        using var log = New(topic);
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();
        for (var partition = 0; partition < 3; partition++)
        {
            await WriteAndRead(reader, topic, partition, 20);
        }

        await Cut((topic, 0, 10), (topic, 2, 15));
        for (var partition = 0; partition < 3; partition++)
        {
            await Write(topic, partition, $"new {partition}:", 15);
        }

        var gaps = new[] { await reader.NextPlacement(), await reader.NextPlacement() };
        Assert.That(gaps.Select(gap => gap.Gap), Has.All.EqualTo(LogPlacement.Truncated));
        var records = new List<LogRecord>();
        for (var i = 0; i < 45; i++)
        {
            records.Add(await reader.NextRecord());
        }

        foreach (var (partition, from) in new[] { (0, 10), (1, 20), (2, 15) })
        {
            var own = records.Where(record => record.Partition == partition).ToList();
            Assert.That(own.Select(record => record.Offset), Is.EqualTo(Enumerable.Range(from, 15)));
            Assert.That(own.Select(record => Encoding.UTF8.GetString(record.Value!)), Is.EqualTo(Texts($"new {partition}:", 15)));
        }

        Assert.That(reader.HasMore, Is.False);
    }

    [Test]
    public async Task Truncated_ByAWholeTransaction_IsAGap_AndThenAllThatIsNew()
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = New(topic);
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();
        await WriteTransactions(topic, "first", "second");
        Assert.That(await reader.NextTexts(10), Is.EqualTo(Texts("first", 5).Concat(Texts("second", 5))));

        // Five records and a marker each.
        await Cut((topic, 0, 6));
        await WriteTransactions(topic, "third", "fourth");

        var gap = await reader.NextPlacement();
        Assert.That((gap.Gap, gap.NextOffsets[0]), Is.EqualTo((LogPlacement.Truncated, 6L)));
        Assert.That(await reader.NextTexts(10), Is.EqualTo(Texts("third", 5).Concat(Texts("fourth", 5))));
        Assert.That(reader.HasMore, Is.False);
    }

    private KafkaLog New(string topic)
    {
        _lines = new LogLines();
        var options = new KafkaOptions { Hosts = Cluster.Hosts.Split(','), SourceTopics = [topic], MetadataRefreshMs = 500 };
        return new KafkaLog(TestClients.Of(options, loggers: _lines.Factory()));
    }

    private async Task Cut(params (string Topic, int Partition, long Offset)[] places)
    {
        var broker = Cluster.Brokers[0];
        await broker.Kill();
        foreach (var (topic, partition, offset) in places)
        {
            broker.Cut(topic, partition, offset);
        }

        broker.Start();
        await Cluster.WaitUntilUp();
    }

    private async Task WriteAndRead(RecordingReader reader, string topic, int partition, int count)
    {
        await Write(topic, partition, "old", count);
        Assert.That(await reader.NextTexts(count), Is.EqualTo(Texts("old", count)));
    }

    private async Task Write(string topic, int partition, string text, int count)
    {
        foreach (var each in Texts(text, count))
        {
            await Topics.Write(topic, partition, each);
        }
    }

    private Task WriteTransactions(string topic, params string[] texts) => Task.Run(() =>
    {
        using var producer = new ProducerBuilder<Null, string>(new ProducerConfig { BootstrapServers = Cluster.Hosts, TransactionalId = TestTopics.NewName(), LingerMs = 0 }).SetLogHandler((_, _) => { }).Build();
        producer.InitTransactions(Limits.Hang);
        foreach (var text in texts)
        {
            producer.BeginTransaction();
            foreach (var each in Texts(text, 5))
            {
                producer.Produce(new TopicPartition(topic, 0), new Message<Null, string> { Value = each });
            }

            producer.CommitTransaction(Limits.Hang);
        }
    }).WaitAsync(Limits.Hang);

    private static IEnumerable<string> Texts(string text, int count) => Enumerable.Range(0, count).Select(i => $"{text} {i}");
}
