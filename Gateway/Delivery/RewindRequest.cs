using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Delivery;

/// <summary>What a client has missed that is older than the history.</summary>
/// <param name="From">Where it begins, in the layout of this node: its source topics, their epochs, no partition more.</param>
/// <param name="To">Where it ends, in the same layout: the node's position when the client joined.</param>
/// <param name="Topics">The topics of the client.</param>
/// <param name="User">Whose budget it costs; null for that of all clients without a user.</param>
/// <param name="Take">
/// Takes a message of one of the topics, in order within a partition, on the thread that reads for all who wait: with its record, its
/// topic, and its JSON, which is empty for a message that is too large for any outbox. Returns false when it is enough.
/// </param>
internal sealed record RewindRequest(
    Position From, Position To, IReadOnlySet<string> Topics, string? User, Func<LogRecord, string, ReadOnlyMemory<byte>, bool> Take)
{
    /// <summary>Why the log cannot give it, and so why there is a gap; null when it can.</summary>
    public string? WhyNot(LogBounds bounds)
    {
        for (var index = 0; index < From.SourceTopicCount; index++)
        {
            var from = From.Offsets(index);
            var to = To.Offsets(index);
            var first = bounds.First.Offsets(index);
            for (var partition = 0; partition < from.Length; partition++)
            {
                if (from[partition] >= to[partition])
                {
                    continue;
                }

                if (From.Epoch(index) != bounds.First.Epoch(index) || partition >= first.Length)
                {
                    return LogPlacement.Recreated;
                }

                // Compaction removes values between others, and nothing shows which (H12).
                if (bounds.IsCompacted[index] || first[partition] > from[partition])
                {
                    return LogPlacement.Retention;
                }
            }
        }

        return null;
    }

    /// <summary>Whether a record is between the two positions.</summary>
    public bool Has(in LogRecord record)
    {
        var from = From.Offsets(record.SourceTopicIndex);
        var to = To.Offsets(record.SourceTopicIndex);
        return record.Partition < from.Length && record.Offset >= from[record.Partition] && record.Offset < to[record.Partition];
    }
}
