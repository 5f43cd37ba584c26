using System.Globalization;
using System.Text.RegularExpressions;
using Confluent.Kafka;
using RigKafka.Log;

namespace RigKafka.Kafka;

/// <summary>A place of the reader that is no longer in the log.</summary>
/// <param name="SourceTopicIndex">The index of the source topic.</param>
/// <param name="Epoch">Its incarnation.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Next">The offset that was to be read next.</param>
/// <param name="Truncation">Where the partition was cut; null when it was not, or the client does not say where.</param>
internal sealed record LostPlace(int SourceTopicIndex, uint Epoch, int Partition, long Next, KafkaTruncation? Truncation)
{
    /// <summary>Whether an error of the client says that the place of the reader is no longer in the log.</summary>
    public static bool IsLost(Error error) =>
        error.Code is ErrorCode.Local_AutoOffsetReset or ErrorCode.Local_LogTruncation or ErrorCode.OffsetOutOfRange;

    /// <summary>
    /// Where to go on, and the reason of the gap. Never the old place: an offset that is in the log again has another record now.
    /// </summary>
    /// <param name="first">Where the partition begins now.</param>
    /// <param name="end">Where it ends now.</param>
    public (TopicPartitionOffset Place, string Gap) GoOn(TopicPartitionOffset first, TopicPartitionOffset end)
    {
        if (Truncation is { } truncation)
        {
            var next = Math.Min(truncation.End, Next);
            var place = next < first.Offset ? first : new TopicPartitionOffset(first.TopicPartition, next, truncation.Epoch);
            return (place, LogPlacement.Truncated);
        }

        return Next < first.Offset ? (first, LogPlacement.Retention) : (end, LogPlacement.Truncated);
    }
}

/// <summary>Up to where a partition that lost its end still has the records that a reader knows.</summary>
/// <param name="End">The offset from which on the records may be others than the reader has read.</param>
/// <param name="Epoch">The leader epoch that wrote what stands before it.</param>
internal readonly partial record struct KafkaTruncation(long End, int Epoch)
{
    /// <summary>
    /// The truncation that an error of the client reports; null where it reports none, or in words that this version does not know.
    /// </summary>
    /// <remarks>librdkafka gives the offset only in the text. A test compares the text with the version that is used.</remarks>
    /// <param name="reason">The text of the error.</param>
    public static KafkaTruncation? Read(string reason) =>
        Report().Match(reason) is { Success: true } report
        && long.TryParse(report.Groups["end"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var end)
        && int.TryParse(report.Groups["epoch"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
            ? new KafkaTruncation(end, epoch)
            : null;

    [GeneratedRegex(@"^Partition log truncation detected at .*: broker end offset is (?<end>\d+) \(offset leader epoch (?<epoch>\d+)\)")]
    private static partial Regex Report();
}
