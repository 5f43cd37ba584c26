using RigKafka.Log;

namespace RigKafka.Kafka;

/// <summary>
/// Writes records that are not messages, to any topic. They have a producer of their own, so that messages never wait for them.
/// </summary>
internal sealed class RecordWriter(KafkaClients clients) : IDisposable
{
    private readonly KafkaWriter _writer = new(clients, "", clients.Health("Records of calls: "));

    /// <summary>Completes when Kafka has the record, or cannot say so in time. Never throws because Kafka has trouble.</summary>
    public ValueTask<AppendOutcome> Write(
        string topic, byte[]? key, byte[] value, IReadOnlyList<KeyValuePair<string, string>> headers) =>
        value.Length > clients.Log.MessageMaxBytes
            ? ValueTask.FromResult(AppendOutcome.TooLarge)
            : new ValueTask<AppendOutcome>(_writer.Send(topic, key, value, headers));

    public Task Drain(CancellationToken cancellation) => _writer.Drain(cancellation);

    public void Dispose() => _writer.Dispose();
}
