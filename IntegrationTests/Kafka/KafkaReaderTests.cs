using System.Globalization;
using Confluent.Kafka;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>What reading promises when topics change behind the gateway's back.</summary>
internal sealed class KafkaReaderTests : KafkaFixture
{
    private static readonly Dictionary<string, string> NoProperties = [];

    [Test]
    public async Task Read_WhenPartitionsAreAddedWhileRecordsFlow_MissesNothing()
    {
        var topic = await Topics.Create(partitions: 2);
        using var log = New([topic]);
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();

        for (var i = 0; i < 20; i++)
        {
            await Topics.Write(topic, i % 2, $"before {i}");
        }

        await Topics.AddPartitions(topic, total: 4);
        // Some are written before the reader knows of the new partitions: they have to be read from their beginning.
        for (var i = 0; i < 40; i++)
        {
            await Topics.Write(topic, i % 4, $"after {i}");
        }

        var extended = await reader.NextPlacement();
        Assert.That((extended.NextOffsets.Length, extended.Gap), Is.EqualTo((4, (string?)null)));
        var expected = Enumerable.Range(0, 20).Select(i => $"before {i}").Concat(Enumerable.Range(0, 40).Select(i => $"after {i}"));
        Assert.That(await reader.NextTexts(60), Is.EquivalentTo(expected));
        Assert.That(reader.HasMore, Is.False);
    }

    [Test]
    public async Task Read_WhenSomebodyIsToldOfAPartitionThatItDoesNotKnow_LooksAtOnce()
    {
        var extended = await PlacementAfter(topic => Topics.AddPartitions(topic, total: 2));

        Assert.That((extended.NextOffsets, extended.Gap), Is.EqualTo((new long[] { 0, 0 }, (string?)null)));
    }

    [Test]
    public async Task Read_WhenRetentionPassesANewPartitionBeforeTheFirstLook_SaysSo()
    {
        var extended = await PlacementAfter(async topic =>
        {
            await Topics.AddPartitions(topic, total: 2);
            for (var i = 0; i < 3; i++)
            {
                await Topics.Write(topic, 1, $"{i}");
            }

            await Topics.DeleteRecords(topic, 1, before: 2);
        });

        Assert.That((extended.NextOffsets, extended.Gap), Is.EqualTo((new long[] { 0, 2 }, LogPlacement.Retention)));
    }

    [Test]
    public async Task Read_WhenATopicIsCreatedAgain_SaysSoAndReadsTheNewOneFromItsBeginning()
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = New([topic]);
        await using var reader = new RecordingReader(log);
        var first = await reader.NextPlacement();
        Assert.That(await Append(log, 1), Is.EqualTo(AppendOutcome.Stored));
        Assert.That(await reader.NextText(), Is.EqualTo(TestMessage.Text("alice", 1)));

        await Topics.Delete(topic);
        await Topics.CreateAgain(topic, partitions: 3);
        await Topics.Write(topic, 2, "new");

        var second = await reader.NextPlacement();
        Assert.That(second.Gap, Is.EqualTo(LogPlacement.Recreated));
        Assert.That(second.Epoch, Is.Not.EqualTo(first.Epoch));
        Assert.That(second.NextOffsets, Is.EqualTo(new long[3]));
        Assert.That(await reader.NextText(), Is.EqualTo("new"));
        Assert.That(await Append(log, 2), Is.EqualTo(AppendOutcome.Stored), "and it can be written too");
        Assert.That(await reader.NextText(), Is.EqualTo(TestMessage.Text("alice", 2)));
        Assert.That(() => log.Health, Is.EqualTo(new LogHealth(true, null)).After(Limits.HangSeconds).Seconds.PollEvery(50));
    }

    [Test]
    public async Task Read_WhenRetentionPassesAHeldReader_SaysSoAndGoesOnFromWhatIsLeft()
    {
        var topic = await Topics.Create(partitions: 1);
        // A queue of one message, so that the reader has not read ahead what is about to be removed.
        using var log = New([topic], new() { ["KAFKA_CLIENT_QUEUED_MIN_MESSAGES"] = "1", ["KAFKA_CLIENT_FETCH_MESSAGE_MAX_BYTES"] = "1000", ["KAFKA_CLIENT_QUEUED_MAX_MESSAGES_KBYTES"] = "1" });
        await using var reader = new RecordingReader(log, held: true);
        await reader.NextPlacement();
        for (var i = 0; i < 50; i++)
        {
            await Topics.Write(topic, 0, $"{i}" + new string(' ', 1_000));
        }

        await Topics.DeleteRecords(topic, 0, before: 40);
        reader.LetGo();

        var gap = await reader.NextPlacement();
        Assert.That((gap.Gap, gap.NextOffsets[0]), Is.EqualTo((LogPlacement.Retention, 40L)));
        var numbers = new List<string>();
        while (numbers.LastOrDefault() != "49")
        {
            numbers.Add((await reader.NextText()).Trim());
        }

        Assert.That(numbers, Is.Ordered.Using<string>((a, b) => int.Parse(a, CultureInfo.InvariantCulture).CompareTo(int.Parse(b, CultureInfo.InvariantCulture))));
        Assert.That(numbers.Skip(numbers.IndexOf("40")), Is.EqualTo(Enumerable.Range(40, 10).Select(i => $"{i}")));
    }

    [Test]
    public async Task Read_OfAMissingTopic_CreatesItAndMissesNothing()
    {
        var topic = TestTopics.NewName();
        using var log = New([topic]);
        await using var reader = new RecordingReader(log);

        var placement = await reader.NextPlacement();

        Assert.That(placement.NextOffsets, Is.EqualTo(new long[5]));
        Assert.That(Topics.PartitionsOf(topic), Is.EqualTo(5));
        await Topics.Write(topic, 4, "first");
        Assert.That(await reader.NextText(), Is.EqualTo("first"));
    }

    [Test]
    public async Task Read_OfATopicThatMayNotBeCreated_SaysSoInHealth()
    {
        var topic = TestTopics.NewName();
        using var log = New([topic], replicas: 999);
        await using var reader = new RecordingReader(log);

        Assert.That(() => log.Health.Trouble, Does.StartWith($"Source topic {topic} is missing and could not be created: ").After(Limits.HangSeconds).Seconds.PollEvery(50));
        Assert.That(log.Health.Ready, Is.False);

        // Somebody creates it; what is written before it is found counts.
        await Topics.Create(partitions: 1, topic);
        await Topics.Write(topic, 0, "first");

        Assert.That(await reader.NextText(), Is.EqualTo("first"));
        Assert.That(() => log.Health, Is.EqualTo(new LogHealth(true, null)).After(Limits.HangSeconds).Seconds.PollEvery(50));
    }

    [Test]
    public async Task Read_OfSeveralTopics_NumbersThemAsInTheSettings()
    {
        var topics = new[] { await Topics.Create(partitions: 1), await Topics.Create(partitions: 2) };
        using var log = New(topics);
        await using var reader = new RecordingReader(log);
        var placements = new[] { await reader.NextPlacement(), await reader.NextPlacement() };
        Assert.That(placements.Select(placement => (placement.SourceTopicIndex, placement.NextOffsets.Length)), Is.EquivalentTo(new[] { (0, 1), (1, 2) }));

        await Topics.Write(topics[1], 1, "one");
        var record = await reader.NextRecord();

        Assert.That((record.SourceTopicIndex, record.Partition, record.Offset), Is.EqualTo((1, 1, 0)));
    }

    [Test]
    public async Task Read_OfRecordsAtHand_SaysThatThereAreMore()
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = New([topic]);
        await using var reader = new RecordingReader(log, held: true);
        await reader.NextPlacement();
        for (var i = 0; i < 20; i++)
        {
            await Topics.Write(topic, 0, $"{i}");
        }

        Assert.That(() => log.Lags.Sum(lag => lag.Records), Is.EqualTo(20).After(Limits.HangSeconds).Seconds.PollEvery(20), "all are at hand");
        reader.LetGo();

        // Nothing was known yet of a second when the first was taken.
        Assert.That((await reader.NextRecord()).Offset, Is.Zero);
        for (var i = 1; i < 20; i++)
        {
            var record = await reader.NextRecord();
            Assert.That((record.Offset, record.More), Is.EqualTo(((long)i, i < 19)));
        }
    }

    [Test]
    public async Task Read_OfRecordsOfAnyShape_HandsThemOverAsTheyAre()
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = New([topic]);
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();
        var headers = new Headers { { "x", null }, { "x", [0xFF, 0x00] }, { "", [] } };
        byte[]?[] values = [null, [], [0xFF, 0xFE, 0x00], "{}"u8.ToArray()];

        foreach (var value in values)
        {
            await Topics.Write(topic, 0, new Message<byte[]?, byte[]?> { Key = value, Value = value, Headers = headers });
        }

        for (var i = 0; i < values.Length; i++)
        {
            Assert.That((await reader.NextRecord()).Value, Is.EqualTo(values[i]));
        }
    }

    /// <summary>The placement after a change of a topic with one partition. The clock hardly moves, so the reader would not look again by itself.</summary>
    private async Task<LogPlacement> PlacementAfter(Func<string, Task> change)
    {
        var topic = await Topics.Create(partitions: 1);
        var clock = new FakeTimeProvider();
        using var log = new KafkaLog(TestClients.Of(new KafkaOptions { Hosts = Topics.Hosts.Split(','), SourceTopics = [topic] }, time: clock));
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();
        await change(topic);
        var extended = reader.NextPlacement();
        await Wait.Until(
            () =>
            {
                _ = log.Bounds(CancellationToken.None);
                clock.Advance(TimeSpan.FromMilliseconds(2));
                return extended.IsCompleted;
            },
            "it looks");
        return await extended;
    }

    private KafkaLog New(IReadOnlyList<string> topics, Dictionary<string, string>? client = null, int replicas = -1) => new(TestClients.Of(new KafkaOptions
    {
        Hosts = Topics.Hosts.Split(','),
        SourceTopics = topics,
        Partitions = 5,
        ReplicationFactor = replicas,
        MetadataRefreshMs = 300,
        Client = client ?? NoProperties,
    }));

    private static Task<AppendOutcome> Append(KafkaLog log, int number) => log.Append(TestMessage.Of("alice", number), TestMessage.NoHeaders).Soon();
}
