namespace RigKafka.Log;

/// <summary>Where a reader goes on in one source topic.</summary>
/// <param name="Topic">The number of the source topic, in the order of the settings.</param>
/// <param name="Epoch">Which incarnation of the source topic this is.</param>
/// <param name="NextOffsets">The next offset of each partition.</param>
/// <param name="Gap">Why records may have been missed before this place; null when none can have been.</param>
internal sealed record LogPlacement(int Topic, uint Epoch, long[] NextOffsets, string? Gap)
{
    /// <summary>The log had removed records before this node could read them (Kafka's retention).</summary>
    public const string Retention = "retention";

    /// <summary>The source topic was deleted and created again.</summary>
    public const string Recreated = "topic_recreated";

    /// <summary>The log lost records that this node had read: by an unclean election, or a disk that was restored. What replaced them comes from here on.</summary>
    public const string Truncated = "log_truncated";

    /// <summary>Every reason for a gap.</summary>
    public static IEnumerable<string> Gaps => [Retention, Recreated, Truncated];
}
