using Confluent.Kafka;
using RigKafka.Log;
using RigKafka.Telemetry;

namespace RigKafka.Kafka;

/// <summary>Writes records for requests.</summary>
internal static class TracedWrite
{
    /// <summary>
    /// Writes a record. Where the request that is under way has a span, so has the record, and its headers tell those who read it.
    /// </summary>
    public static Task<AppendOutcome> Send(
        this KafkaWriter writer, string topic, byte[]? key, byte[] value, IReadOnlyList<KeyValuePair<string, string>> headers) =>
        SendSpan.Start(topic) is { } span
            ? Send(writer, topic, KafkaRecord.Of(key, value, span.Told(headers)), span)
            : writer.Write(topic, KafkaRecord.Of(key, value, headers)).Task;

    private static async Task<AppendOutcome> Send(KafkaWriter writer, string topic, Message<byte[], byte[]> record, SendSpan span)
    {
        using (span)
        {
            var append = writer.Write(topic, record);
            var outcome = await append.Task;
            if (outcome == AppendOutcome.Stored)
            {
                span.Stored(append.Partition, append.Offset);
            }
            else
            {
                span.Failed(outcome.Word());
            }

            return outcome;
        }
    }
}
