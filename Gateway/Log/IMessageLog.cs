using Microsoft.Extensions.Diagnostics.HealthChecks;
using RigKafka.Messages;

namespace RigKafka.Log;

/// <summary>
/// The append-only, partitioned stream of messages that every node reads whole: Kafka's source topics, or the embedded log.
/// </summary>
internal interface IMessageLog
{
    /// <summary>The names of the source topics, in the order of the settings. Positions and records refer to them by index.</summary>
    IReadOnlyList<string> SourceTopics { get; }

    /// <summary>What an operator should know of the log right now.</summary>
    LogHealth Health { get; }

    /// <summary>How many records this node has yet to read, over all partitions; 0 while unknown.</summary>
    long Lag { get; }

    /// <summary>
    /// Stores a message. Completes when the log has it, or cannot say so in time: the answer
    /// is a promise. Never throws because the log has trouble.
    /// </summary>
    /// <param name="message">A checked message.</param>
    /// <param name="headers">Headers that travel with it (name, value); the log does not look into them.</param>
    ValueTask<AppendOutcome> Append(Message message, IReadOnlyList<KeyValuePair<string, string>> headers);

    /// <summary>
    /// Reads every partition from where the log ends now, in one total order per node, until
    /// cancelled. One call per node. An outage does not end it: it goes on from its own place.
    /// </summary>
    Task Read(LogReader reader, CancellationToken cancellation);

    /// <summary>
    /// Completes when nothing accepted so far is lost if this process ends: it was read (embedded) or acknowledged (Kafka).
    /// </summary>
    Task Drain(CancellationToken cancellation);
}

/// <summary>What became of an append.</summary>
internal enum AppendOutcome
{
    /// <summary>The log has it.</summary>
    Stored,

    /// <summary>The log does not have it and will not get it.</summary>
    NotStored,

    /// <summary>The log may have it: the answer did not come in time.</summary>
    Unknown,

    /// <summary>It is larger than the log takes, and always will be.</summary>
    TooLarge,
}

/// <summary>What a node does with what it reads. One thread at a time calls these.</summary>
/// <param name="OnRecord">A record. The log reads on when the task completes, so a slow reader slows the log down.</param>
/// <param name="OnPlaced">The reader has a new place in a source topic. Called before the first record from there.</param>
internal sealed record LogReader(Func<LogRecord, ValueTask> OnRecord, Action<LogPlacement> OnPlaced);

/// <summary>One record as it stands in the log, unchecked.</summary>
/// <param name="SourceTopicIndex">Which source topic, in the order of the settings, from 0.</param>
/// <param name="Partition">The partition within the source topic.</param>
/// <param name="Offset">The offset within the partition.</param>
/// <param name="Timestamp">When it was appended, in milliseconds since the Unix epoch.</param>
/// <param name="Value">The bytes; null is a tombstone. They never change.</param>
/// <param name="More">Whether the next record is here already, so that it pays to wait and deliver several at once.</param>
internal readonly record struct LogRecord(
    int SourceTopicIndex, int Partition, long Offset, long Timestamp, byte[]? Value, bool More = false);

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
