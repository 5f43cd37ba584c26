using System.Text;
using Confluent.Kafka;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>A client that writes to source topics by itself, with whatever keys it likes.</summary>
internal sealed class BackEnd(string hosts) : IDisposable
{
    private readonly IProducer<byte[]?, byte[]> _producer =
        new ProducerBuilder<byte[]?, byte[]>(new ProducerConfig { BootstrapServers = hosts, LingerMs = 0, Acks = Acks.All, TopicMetadataRefreshIntervalMs = 200 }).SetLogHandler((_, _) => { }).Build();

    /// <summary>Writes a record to the partition that its key falls to, and says which.</summary>
    public async Task<int> Write(string topic, byte[]? key, string value) =>
        (await _producer.ProduceAsync(topic, new Message<byte[]?, byte[]> { Key = key, Value = Encoding.UTF8.GetBytes(value) }).Soon()).Partition.Value;

    public void Dispose() => _producer.Dispose();
}
