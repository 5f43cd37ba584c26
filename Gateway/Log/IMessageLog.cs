using Microsoft.Extensions.Diagnostics.HealthChecks;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Log;

/// <summary>
/// The append-only, partitioned stream of messages that every node reads whole: Kafka's source topics, or the embedded log.
/// </summary>
internal interface IMessageLog
{
    /// <summary>The log is out of reach, or too slow now: the same may succeed later.</summary>
    public const string Busy = "busy";

    /// <summary>The names of the source topics, in the order of the settings. Positions and records refer to them by index.</summary>
    IReadOnlyList<string> SourceTopics { get; }

    /// <summary>What an operator should know of the log right now.</summary>
    LogHealth Health { get; }

    /// <summary>How many records this node has yet to read of each partition; none while unknown.</summary>
    IReadOnlyList<PartitionLag> Lags { get; }

    /// <summary>How many records this node has yet to read, over all partitions; 0 while unknown.</summary>
    long Lag => Lags.Sum(lag => lag.Records);

    /// <summary>
    /// Stores a message. Completes when the log has it, or cannot say so in time: the answer
    /// is a promise. Never throws because the log has trouble.
    /// </summary>
    /// <param name="message">A checked message.</param>
    /// <param name="headers">
    /// Headers that travel with it (name, value). The log looks into them for the trace alone: where it has a span of its own for the
    /// record, they name that one as the parent.
    /// </param>
    ValueTask<AppendOutcome> Append(Message message, IReadOnlyList<KeyValuePair<string, string>> headers);

    /// <summary>
    /// Reads every partition from where the log ends now, in one total order per node, until
    /// cancelled. One call per node. An outage does not end it: it goes on from its own place.
    /// </summary>
    Task Read(LogReader reader, CancellationToken cancellation);

    /// <summary>
    /// Reads records again, beside <see cref="Read"/>: those of [from, to) of every partition where from is less than to, in order within
    /// a partition, on a thread of its own that takes half of one processor at most. Records of open or aborted transactions are left out.
    /// </summary>
    /// <param name="from">The first offsets, in the layout of this node: its source topics, their epochs, no partition more.</param>
    /// <param name="to">The offsets to stop before, in the same layout; none beyond what this node has read.</param>
    /// <param name="onRecord">Takes a record, whose value may be lent. What it took counts only if the answer is null.</param>
    /// <param name="cancellation">Ends the reading, with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>
    /// Null when all of it was read. Else why not: a reason of <see cref="LogPlacement"/>, or <see cref="Busy"/>, which may pass.
    /// </returns>
    Task<string?> ReadAgain(Position from, Position to, Action<LogRecord> onRecord, CancellationToken cancellation);

    /// <summary>
    /// Where the log begins and ends now, by an answer that was asked for after this call; null when there is none in time. The log is
    /// asked once a second at most: those that ask meanwhile wait, and share an answer. Where it has more partitions than
    /// <see cref="Read"/> knows, that looks for them at once.
    /// </summary>
    Task<LogBounds?> Bounds(CancellationToken cancellation);

    /// <summary>
    /// Completes when nothing accepted so far is lost if this process ends: it was read (embedded) or acknowledged (Kafka).
    /// </summary>
    Task Drain(CancellationToken cancellation);
}

/// <summary>What a node does with what it reads. One thread at a time calls these.</summary>
/// <param name="OnRecord">A record. The log reads on when the task completes, so a slow reader slows the log down.</param>
/// <param name="OnPlaced">The reader has a new place in a source topic. Called before the first record from there.</param>
/// <param name="OnPassed">
/// Everything before an offset has been read, though no record ends there, but the marker of a transaction. With the index of the source
/// topic, the partition and that offset, which is larger than all before it since the last place.
/// </param>
internal sealed record LogReader(
    Func<LogRecord, ValueTask> OnRecord, Action<LogPlacement> OnPlaced, Action<int, int, long>? OnPassed = null);

/// <summary>One record as it stands in the log, unchecked.</summary>
/// <param name="SourceTopicIndex">Which source topic, in the order of the settings, from 0.</param>
/// <param name="Partition">The partition within the source topic.</param>
/// <param name="Offset">The offset within the partition.</param>
/// <param name="Timestamp">When it was appended, in milliseconds since the Unix epoch.</param>
/// <param name="Value">The bytes; null is a tombstone. They never change, unless they are lent.</param>
/// <param name="More">Whether the next record is here already, so that it pays to wait and deliver several at once.</param>
/// <param name="Lent">
/// How many bytes of the value are the record's, where the log takes the array back when the reader has done with the record; null where
/// it is the record's own.
/// </param>
/// <param name="Trace">The trace that it belongs to; null where that is not sampled, or this node exports no spans.</param>
internal readonly record struct LogRecord(
    int SourceTopicIndex, int Partition, long Offset, long Timestamp, byte[]? Value, bool More = false, int? Lent = null, RecordTrace? Trace = null)
{
    /// <summary>The bytes of the value.</summary>
    public ReadOnlyMemory<byte> Bytes => Lent is { } length ? Value.AsMemory(0, length) : Value;

    /// <summary>The same record, to be kept.</summary>
    public LogRecord Kept() => Lent is null ? this : this with { Value = Bytes.ToArray(), Lent = null };
}

/// <summary>How far a node is behind.</summary>
/// <param name="SourceTopicIndex">Which source topic, in the order of the settings, from 0.</param>
/// <param name="Partition">The partition within the source topic.</param>
/// <param name="Records">How many records it has yet to read; 0 while unknown.</param>
internal readonly record struct PartitionLag(int SourceTopicIndex, int Partition, long Records);

/// <summary>Where a reader goes on in one source topic.</summary>
/// <param name="SourceTopicIndex">Which source topic, in the order of the settings, from 0.</param>
/// <param name="Epoch">Which incarnation of the source topic this is.</param>
/// <param name="NextOffsets">The next offset of each partition.</param>
/// <param name="Gap">Why records before this place may have been missed; null when none were.</param>
internal sealed record LogPlacement(int SourceTopicIndex, uint Epoch, long[] NextOffsets, string? Gap)
{
    /// <summary>The log had removed records before this node could read them (Kafka's retention).</summary>
    public const string Retention = "retention";

    /// <summary>The source topic was deleted and created again.</summary>
    public const string Recreated = "topic_recreated";

    /// <summary>
    /// The log lost records that this node had read: by an unclean election, or a disk that
    /// was restored. Their replacements follow from here on.
    /// </summary>
    public const string Truncated = "log_truncated";

    /// <summary>Every reason for a gap.</summary>
    public static IEnumerable<string> Gaps => [Retention, Recreated, Truncated];
}

/// <summary>What a log has. The layout may be newer than this node's: another epoch, more partitions.</summary>
/// <param name="First">The first offset that is left of each partition.</param>
/// <param name="End">The offset after the last record that may be read, of each partition.</param>
/// <param name="IsCompacted">By source topic, whether it may have removed records between others.</param>
internal sealed record LogBounds(Position First, Position End, IReadOnlyList<bool> IsCompacted)
{
    /// <summary>Those of a log with one partition, which is not compacted.</summary>
    public static LogBounds Of(uint epoch, long first, long end)
    {
        var bounds = new LogBounds(new Position(1), new Position(1), [false]);
        bounds.First.Place(0, epoch, [first]);
        bounds.End.Place(0, epoch, [end]);
        return bounds;
    }
}

/// <summary>The state of the log as this node sees it.</summary>
/// <param name="Ready">Whether this node has had a place in every source topic once; it stays true.</param>
/// <param name="Trouble">What is wrong now, in one line for an operator; null when nothing is.</param>
internal sealed record LogHealth(bool Ready, string? Trouble)
{
    /// <summary>The same for the health page.</summary>
    /// <param name="starting">What to say of a log that is not ready and has no trouble.</param>
    public HealthCheckResult ToResult(string starting) => this switch
    {
        { Ready: false } => HealthCheckResult.Unhealthy(Trouble ?? starting),
        { Trouble: { } trouble } => HealthCheckResult.Degraded(trouble),
        _ => HealthCheckResult.Healthy(),
    };
}
