using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>Where the reader has to go on in some partitions of a source topic.</summary>
/// <param name="Topic">The number of the source topic.</param>
/// <param name="Epoch">Its incarnation.</param>
/// <param name="Places">The next offset of each partition, and the leader epoch that wrote the record before it, where that is known.</param>
/// <param name="Anew">Whether these are all partitions, of a source topic not read before or created again.</param>
/// <param name="Gap">Why records may have been missed; null when none can have been.</param>
internal sealed record KafkaPlacing(int Topic, uint Epoch, IReadOnlyList<TopicPartitionOffset> Places, bool Anew, string? Gap);
