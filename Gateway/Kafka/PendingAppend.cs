using Confluent.Kafka;
using RigKafka.Log;

namespace RigKafka.Kafka;

/// <summary>An append that Kafka has not answered yet.</summary>
internal sealed class PendingAppend(KafkaWriter writer, SharedProducer producer, long since)
    : TaskCompletionSource<AppendOutcome>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public long Since => since;

    /// <summary>The producer that has it.</summary>
    public SharedProducer Producer => producer;

    /// <summary>The partition of the record, once it is stored.</summary>
    public int Partition { get; private set; }

    /// <summary>Its offset there.</summary>
    public long Offset { get; private set; }

    public void Delivered(DeliveryReport<byte[], byte[]> report)
    {
        var outcome = Outcome(report.Status, report.Error);
        (Partition, Offset) = (report.Partition.Value, report.Offset.Value);
        TrySetResult(outcome);
        writer.Answered(this, outcome, report.Error, (report.Topic, report.Partition));
    }

    public static AppendOutcome Outcome(PersistenceStatus status, Error error) => (status, error.Code) switch
    {
        (PersistenceStatus.Persisted, _) => AppendOutcome.Stored,
        (_, ErrorCode.MsgSizeTooLarge or ErrorCode.RecordListTooLarge) => AppendOutcome.TooLarge,
        (PersistenceStatus.NotPersisted, _) => AppendOutcome.NotStored,
        _ => AppendOutcome.Unknown,
    };
}
