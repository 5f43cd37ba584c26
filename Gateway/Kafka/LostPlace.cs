using Confluent.Kafka;
using RigKafka.Log;

namespace RigKafka.Kafka;

/// <summary>A place of the reader that is not in the log any more.</summary>
/// <param name="Topic">The number of the source topic.</param>
/// <param name="Epoch">Its incarnation.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Next">The offset that was to be read next.</param>
/// <param name="Truncation">Where the partition was cut; null when it was not, or when nobody can tell where.</param>
internal sealed record LostPlace(int Topic, uint Epoch, int Partition, long Next, KafkaTruncation? Truncation)
{
    /// <summary>Where to go on, and what to say of it. Never the old place: an offset that is in the log again has another record by now.</summary>
    /// <param name="first">Where the partition begins now.</param>
    /// <param name="end">Where it ends now.</param>
    public (TopicPartitionOffset Place, string Gap) GoOn(TopicPartitionOffset first, TopicPartitionOffset end)
    {
        if (Truncation is { } truncation)
        {
            var next = Math.Min(truncation.End, Next);
            return (next < first.Offset ? first : new TopicPartitionOffset(first.TopicPartition, next, truncation.Epoch), LogPlacement.Truncated);
        }

        return Next < first.Offset ? (first, LogPlacement.Retention) : (end, LogPlacement.Truncated);
    }
}
