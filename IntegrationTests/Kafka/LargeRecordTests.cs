using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>Records that are as large as their topic takes.</summary>
internal sealed class LargeRecordTests
{
    private const int MostBytes = 104_857_600;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Test]
    public async Task Message_OfTheLargestSizeThereIs_IsRead_AndSoIsWhatFollows()
    {
        var limit = $"{MostBytes + (1024 * 1024)}";
        await using var cluster = await TestKafka.StartCluster(overrides: new Dictionary<string, string> { ["socket.request.max.bytes"] = limit });
        using var topics = new TestTopics(cluster.Hosts);
        var topic = await topics.Create(partitions: 2, configs: new() { ["max.message.bytes"] = limit });
        var lines = new LogLines();
        var options = new KafkaOptions
        {
            Hosts = cluster.Hosts.Split(','),
            SourceTopics = [topic],
            MetadataRefreshMs = 500,
            Client = new Dictionary<string, string> { ["KAFKA_CLIENT_SOCKET_TIMEOUT_MS"] = "60000" },
        };
        using var log = new KafkaLog(TestClients.Of(options, new LogOptions { MessageMaxBytes = MostBytes, PublishTimeoutMs = 120_000 }, lines.Factory()));
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();

        Assert.That(await log.Append(TestMessage.OfSize(MostBytes), TestMessage.NoHeaders).AsTask().WaitAsync(Patience), Is.EqualTo(AppendOutcome.Stored));
        // One partition has the large one, and neither is held up.
        for (var partition = 0; partition < 2; partition++)
        {
            await topics.Write(topic, partition, $"after, in {partition}");
        }

        var sizes = new List<int>();
        while (sizes.Count < 3)
        {
            sizes.Add((await reader.NextRecord()).Value!.Length);
        }

        Assert.That(sizes, Is.EquivalentTo(new[] { MostBytes, "after, in 0".Length, "after, in 1".Length }));
        Assert.That(() => log.Health, Is.EqualTo(new LogHealth(true, null)).After(Limits.HangSeconds).Seconds.PollEvery(50));
        Assert.That(lines.Texts, Has.None.Contains("receive.message.max.bytes").And.None.Contains("max.message.bytes"));
    }

    [Test]
    public async Task TopicThatTakesMoreThanANodeReads_IsWarnedOf_WheneverThatIsSet()
    {
        const string TooMuch = "400000000";
        using var topics = new TestTopics(await TestKafka.Hosts());
        var topic = await topics.Create(partitions: 1);
        var table = await topics.Create(partitions: 1, configs: new() { ["max.message.bytes"] = TooMuch });
        var options = new KafkaOptions { Hosts = topics.Hosts.Split(','), SourceTopics = [topic], MetadataRefreshMs = 200 };
        Assert.That(options.TakeTopic("KAFKA_BLACKLIST_TOPIC", table), Is.Null);
        var lines = new LogLines();
        using var log = new KafkaLog(TestClients.Of(options, loggers: lines.Factory()));
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();
        await topics.AddPartitions(topic, total: 2);
        await reader.NextPlacement();
        Assert.That(() => lines.Of("TopicLimitTooHigh"), Has.One.Contains(table).After(Limits.HangSeconds).Seconds.PollEvery(50));
        Assert.That(lines.Of("TopicLimitTooHigh"), Has.None.Contains(topic));

        await topics.Configure(topic, "max.message.bytes", TooMuch);

        Assert.That(() => lines.Of("TopicLimitTooHigh").LastOrDefault(), Does.Contain(topic).And.Contain("KAFKA_CLIENT_RECEIVE_MESSAGE_MAX_BYTES").After(Limits.HangSeconds).Seconds.PollEvery(50));
    }
}
