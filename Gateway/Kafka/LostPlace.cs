using System.Globalization;
using System.Text.RegularExpressions;
using Confluent.Kafka;
using RigKafka.Log;

namespace RigKafka.Kafka;

/// <summary>A place of the reader that is not in the log any more.</summary>
/// <param name="SourceTopicIndex">The index of the source topic.</param>
/// <param name="Epoch">Its incarnation.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Next">The offset that was to be read next.</param>
/// <param name="Truncation">Where the partition was cut; null when it was not, or when nobody can tell where.</param>
internal sealed record LostPlace(int SourceTopicIndex, uint Epoch, int Partition, long Next, KafkaTruncation? Truncation)
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

/// <summary>Where a partition still holds what a reader knows of it, after it lost its end.</summary>
/// <param name="End">The offset from which on everything may be other than what was read.</param>
/// <param name="Epoch">The leader epoch that wrote what stands before it.</param>
internal readonly partial record struct KafkaTruncation(long End, int Epoch)
{
    /// <summary>What an error of the client says of a truncation; null where it says nothing of one, or in words that are not known.</summary>
    /// <remarks>librdkafka gives the offset in the text alone. A test holds the text to the version that is used.</remarks>
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
