using System.Globalization;
using System.Text.RegularExpressions;

namespace RigKafka.Kafka;

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
