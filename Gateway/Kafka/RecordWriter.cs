using Confluent.Kafka;
using RigKafka.Log;

namespace RigKafka.Kafka;

/// <summary>
/// Writes records that are not messages, to any topic. They have a producer of their own, so that messages never wait for them.
/// </summary>
internal sealed class RecordWriter(KafkaClients clients) : IDisposable
{
    private readonly KafkaWriter _writer = new(clients, "", clients.Health("Records of calls: "));

    /// <summary>Completes when Kafka has the record, or cannot say so in time. Never throws because Kafka has trouble.</summary>
    public async ValueTask<AppendOutcome> Write(
        string topic, byte[]? key, byte[] value, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        if (value.Length > clients.Log.MessageMaxBytes)
        {
            return AppendOutcome.TooLarge;
        }

        var record = new Message<byte[], byte[]> { Key = key!, Value = value, Headers = KafkaRecord.Headers(headers) };
        return await _writer.Write(topic, record).Task;
    }

    public Task Drain(CancellationToken cancellation) => _writer.Drain(cancellation);

    public void Dispose() => _writer.Dispose();
}
