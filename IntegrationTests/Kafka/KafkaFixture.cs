using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>Tests with topics of their own on the broker that all tests share.</summary>
internal abstract class KafkaFixture
{
    protected TestTopics Topics { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task Connect() => Topics = new TestTopics(await TestKafka.Hosts());

    [OneTimeTearDown]
    public void Disconnect() => Topics?.Dispose();

    /// <summary>A log of these source topics, which soon sees what changes of them.</summary>
    protected KafkaLog NewLog(params IReadOnlyList<string> topics) =>
        new(TestClients.Of(new KafkaOptions { Hosts = Topics.Hosts.Split(','), SourceTopics = topics, MetadataRefreshMs = 300 }));

    /// <summary>A producer whose records come in transactions.</summary>
    protected IProducer<Null, string> NewTransactionalProducer(string id) =>
        new ProducerBuilder<Null, string>(new ProducerConfig { BootstrapServers = Topics.Hosts, TransactionalId = id, LingerMs = 0 }).SetLogHandler((_, _) => { }).Build();

    /// <summary>Writes records of one transaction each, some of which are taken back.</summary>
    protected Task WriteTransactions(string topic, params (string Text, bool Commit)[] transactions) => Task.Run(() =>
    {
        using var producer = NewTransactionalProducer(topic);
        producer.InitTransactions(Limits.Hang);
        foreach (var (text, commit) in transactions)
        {
            producer.BeginTransaction();
            producer.Produce(topic, new Message<Null, string> { Value = text });
            // An abort would take back what has not been sent yet.
            producer.Flush(Limits.Hang);
            (commit ? producer.CommitTransaction : (Action<TimeSpan>)producer.AbortTransaction)(Limits.Hang);
        }
    }).WaitAsync(Limits.Hang);

    /// <summary>Writes so many records, which are numbered.</summary>
    protected async Task Write(string topic, int partition, int records)
    {
        for (var i = 0; i < records; i++)
        {
            await Topics.Write(topic, partition, $"{i}");
        }
    }
}
