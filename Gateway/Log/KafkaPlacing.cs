namespace RigKafka.Log;

/// <summary>Where the reader has to go on in some partitions of a source topic.</summary>
/// <param name="Topic">The number of the source topic.</param>
/// <param name="Epoch">Its incarnation.</param>
/// <param name="Offsets">The next offset, by partition.</param>
/// <param name="Anew">Whether these are all partitions, of a source topic not read before or created again.</param>
/// <param name="Gap">Why records may have been missed; null when none can have been.</param>
internal sealed record KafkaPlacing(int Topic, uint Epoch, IReadOnlyDictionary<int, long> Offsets, bool Anew, string? Gap);
