using System.Text;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>What a message looks like in Kafka, and what its publisher hears.</summary>
internal sealed class KafkaWriterTests : KafkaFixture
{
    // Values of Java's own tests of murmur2.
    [TestCase("21", -973932308)]
    [TestCase("foobar", -790332482)]
    [TestCase("a-little-bit-long-string", -985981536)]
    public async Task Append_IsKeyedByUser_AndSharesThePartitionWithJavaProducers(string user, int murmur2)
    {
        var topic = await Topics.Create(partitions: 7);
        using var log = New(topic);

        var outcome = await log.Append(TestMessage.Of(user, 1), [new("traceparent", "00-ab-cd-01"), new("ü", "ü")]).Soon();

        Assert.That(outcome, Is.EqualTo(AppendOutcome.Stored));
        var record = await Task.Run(() => ReadOne(topic, (murmur2 & 0x7FFFFFFF) % 7));
        Assert.That(record, Is.Not.Null);
        Assert.That(record.Message.Key, Is.EqualTo(user));
        Assert.That(record.Message.Value, Is.EqualTo(TestMessage.Text(user, 1)));
        Assert.That(record.Message.Headers.Select(header => $"{header.Key}={Encoding.UTF8.GetString(header.GetValueBytes())}"), Is.EqualTo("traceparent=00-ab-cd-01 ü=ü".Split()));
    }

    [Test]
    public async Task Append_LargerThanTheTopicTakes_IsTooLargeAndNotUnwell()
    {
        var topic = await Topics.Create(partitions: 1, configs: new() { ["max.message.bytes"] = "2000" });
        using var log = New(topic);

        Assert.That(await Append(log, TestMessage.OfSize(5_000)), Is.EqualTo(AppendOutcome.TooLarge));
        Assert.That(await Append(log, TestMessage.OfSize(500)), Is.EqualTo(AppendOutcome.Stored));
    }

    [Test]
    public async Task Append_OfMoreThanTheQueueHolds_IsNotStoredAtOnce()
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = New(topic, new() { ["KAFKA_CLIENT_QUEUE_BUFFERING_MAX_MESSAGES"] = "10", ["KAFKA_CLIENT_LINGER_MS"] = "1000" });

        var appends = Enumerable.Range(0, 11).Select(i => Append(log, TestMessage.Of("alice", i))).ToList();

        Assert.That(appends[^1].IsCompletedSuccessfully && appends[^1].Result == AppendOutcome.NotStored, Is.True);
        Assert.That(await Task.WhenAll(appends[..^1]), Has.All.EqualTo(AppendOutcome.Stored));
    }

    [Test]
    public async Task Append_AfterAFatalError_GoesThroughANewProducer()
    {
        var topic = await Topics.Create(partitions: 1, configs: new() { ["max.message.bytes"] = "2000" });
        var lines = new LogLines();
        // With this property, which an operator may not set, a refused message is fatal.
        using var log = New(topic, new() { ["KAFKA_CLIENT_ENABLE_GAPLESS_GUARANTEE"] = "true" }, lines.Factory());

        await Append(log, TestMessage.OfSize(5_000));

        Assert.That(() => Append(log, TestMessage.Of("alice", 1)), Is.EqualTo(AppendOutcome.Stored).After(Limits.HangSeconds).Seconds.PollEvery(20));
        Assert.That(lines.Of("ProducerReplaced").Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Read_OfATopicThatTakesLessThanTheLimit_Warns()
    {
        var topic = await Topics.Create(partitions: 1, configs: new() { ["max.message.bytes"] = "2000" });
        var lines = new LogLines();
        using var log = New(topic, loggers: lines.Factory());
        await using var reader = new RecordingReader(log);

        Assert.That(() => lines.Of("SourceTopicLimitTooLow").Count(), Is.EqualTo(1).After(Limits.HangSeconds).Seconds.PollEvery(20));
        Assert.That(lines.Of("SourceTopicLimitTooLow").Single(), Does.Contain(topic).And.Contain("2000 bytes"));
    }

    private KafkaLog New(string topic, Dictionary<string, string>? client = null, ILoggerFactory? loggers = null) =>
        new(TestClients.Of(new KafkaOptions { Hosts = Topics.Hosts.Split(','), SourceTopics = [topic], Client = client ?? [] }, loggers: loggers));

    private static Task<AppendOutcome> Append(KafkaLog log, RigKafka.Messages.Message message) => log.Append(message, TestMessage.NoHeaders).Soon();

    private ConsumeResult<string, string>? ReadOne(string topic, int partition)
    {
        using var consumer = new ConsumerBuilder<string, string>(new ConsumerConfig { BootstrapServers = Topics.Hosts, GroupId = topic }).SetLogHandler((_, _) => { }).Build();
        consumer.Assign(new TopicPartitionOffset(topic, partition, 0));
        return consumer.Consume(Limits.Hang);
    }
}
