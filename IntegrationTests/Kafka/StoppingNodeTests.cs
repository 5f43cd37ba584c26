using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>
/// Nodes that stop while others still publish to them and ask them: a call into a Kafka client that is gone reads freed memory, and may end the process of the tests.
/// </summary>
internal sealed class StoppingNodeTests : KafkaFixture
{
    private const int Rounds = 20;

    [Test]
    public async Task Stop_WhileThePublishersAndMetricsGoOn_EndsInOrder()
    {
        var topic = await Topics.Create(partitions: 2);
        for (var round = 0; round < Rounds; round++)
        {
            var log = New(topic);
            var reader = new RecordingReader(log);
            var isOver = false;
            var callers = Enumerable.Range(0, 3).Select(number => Task.Run(async () =>
            {
                while (!Volatile.Read(ref isOver))
                {
                    for (var i = 0; i < 20; i++)
                    {
                        _ = log.Lags;
                        _ = log.Health;
                    }

                    await Append(log, number);
                }
            })).ToArray();
            await reader.NextPlacement();
            await reader.NextRecord();

            await reader.DisposeAsync();
            log.Dispose();

            Assert.That(await Append(log, 1), Is.EqualTo(AppendOutcome.NotStored), "the writer is gone");
            Assert.That(log.Lags.Sum(lag => lag.Records), Is.Zero, "the reader is gone");
            Volatile.Write(ref isOver, true);
            await Task.WhenAll(callers).Soon();
        }
    }

    /// <summary>The end does not wait for a look at the topics, which goes on by itself.</summary>
    [Test]
    public async Task End_WhileLooksGoOn_CancelsThem()
    {
        var topic = await Topics.Create(partitions: 1);
        for (var round = 0; round < Rounds; round++)
        {
            using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = Topics.Hosts, GroupId = "test" }).SetLogHandler((_, _) => { }).Build();
            var admin = new KafkaAdmin(consumer.Handle);
            var asked = new KafkaTopics(admin, new KafkaOptions { SourceTopics = [topic] });
            await asked.Describe().Soon();
            var looks = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
            {
                while (true)
                {
                    await asked.Describe();
                }
            })).ToArray();

            await admin.DisposeAsync().AsTask().Soon();

            // The other may wait for an answer that was under way.
            Assert.That(async () => await await Task.WhenAny(looks).Soon(), Throws.InstanceOf<OperationCanceledException>());
        }
    }

    private static Task<AppendOutcome> Append(KafkaLog log, int number) => log.Append(TestMessage.Of("alice", number), TestMessage.NoHeaders).Soon();

    private KafkaLog New(string topic) => new(TestClients.Of(new KafkaOptions { Hosts = Topics.Hosts.Split(','), SourceTopics = [topic], MetadataRefreshMs = 100 }));
}
