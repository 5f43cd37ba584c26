namespace RigKafka.Log;

/// <summary>One record as it stands in the log, unchecked.</summary>
/// <param name="Topic">The number of its source topic, in the order of the settings.</param>
/// <param name="Partition">The partition within the source topic.</param>
/// <param name="Offset">The offset within the partition.</param>
/// <param name="Timestamp">When it was appended, in milliseconds since the Unix epoch.</param>
/// <param name="Value">The bytes; null is a tombstone. They never change.</param>
/// <param name="More">Whether the next record is at hand already, so that it pays to do several at once.</param>
internal readonly record struct LogRecord(int Topic, int Partition, long Offset, long Timestamp, byte[]? Value, bool More = false);
