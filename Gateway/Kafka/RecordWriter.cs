using Confluent.Kafka;
using RigKafka.Log;

namespace RigKafka.Kafka;

/// <summary>Writes records that are no messages to any topic, with a producer of their own, so that they never stand in the way of one.</summary>
internal sealed class RecordWriter(KafkaClients clients) : IDisposable
{
    private readonly KafkaWriter _writer = new(clients, "", clients.Health("Records of calls: "));

    /// <summary>Completes when Kafka has the record, or cannot say so in time; never throws for a Kafka that is unwell.</summary>
    public async ValueTask<AppendOutcome> Write(string topic, byte[]? key, byte[] value, IReadOnlyList<KeyValuePair<string, string>> headers)
        => value.Length > clients.Log.MessageMaxBytes
            ? AppendOutcome.TooLarge
            : await _writer.Write(topic, new Message<byte[], byte[]> { Key = key!, Value = value, Headers = KafkaWriter.Headers(headers) }).Task;

    public Task Drain(CancellationToken cancellation) => _writer.Drain(cancellation);

    public void Dispose() => _writer.Dispose();
}
