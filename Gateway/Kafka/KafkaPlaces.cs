using Confluent.Kafka;
using RigKafka.Log;

namespace RigKafka.Kafka;

/// <summary>How far this node has read the source topics. Written by the one thread that reads.</summary>
internal sealed class KafkaPlaces(IReadOnlyList<string> sourceTopics)
{
    private readonly long[]?[] _next = new long[]?[sourceTopics.Count];
    private readonly TopicPartitionOffset[][] _placed = new TopicPartitionOffset[sourceTopics.Count][];
    private readonly uint[] _epochs = new uint[sourceTopics.Count];

    /// <summary>Whether there is a place in every source topic.</summary>
    public bool AreComplete => Array.TrueForAll(_next, next => next is not null);

    /// <summary>The places to read on from.</summary>
    public IEnumerable<TopicPartitionOffset> All =>
        from index in Enumerable.Range(0, sourceTopics.Count)
        from placed in _placed[index] ?? []
        let next = Next(index, placed.Partition)
        // The leader epoch of a place is that of the record before it.
        select placed.Offset == next ? placed : new TopicPartitionOffset(placed.TopicPartition, next);

    /// <summary>Which incarnation of a source topic is read.</summary>
    public uint Epoch(int index) => _epochs[index];

    /// <summary>The offset that is read next.</summary>
    public long Next(int index, int partition) => _next[index]![partition];

    /// <summary>Notes that everything before an offset has been read. Returns whether that is new.</summary>
    public bool Pass(int index, int partition, long next)
    {
        if (next <= _next[index]![partition])
        {
            return false;
        }

        Volatile.Write(ref _next[index]![partition], next);
        return true;
    }

    /// <summary>
    /// Whether the client failed at an offset that it was reading before it had its place here. It drops what it had fetched there, but
    /// neither such an error nor what follows from it: it may not read on from the new place.
    /// </summary>
    /// <param name="index">The index of the source topic.</param>
    /// <param name="partition">The partition, which may be one that is no longer there.</param>
    /// <param name="failedAt">The offset; negative where the client does not say it.</param>
    /// <param name="again">The place, where the client has to be told it again; null where there is none.</param>
    public bool IsFormer(int index, int partition, long failedAt, out TopicPartitionOffset? again)
    {
        again = _placed[index].ElementAtOrDefault(partition);
        return again is null || (failedAt >= 0 && failedAt != again.Offset && Next(index, partition) == again.Offset);
    }

    /// <summary>
    /// Takes new places. Returns the next offsets of all partitions, and the partitions that were read from other places before.
    /// </summary>
    public (long[] Next, List<TopicPartition> Left) Take(KafkaPlacing placing)
    {
        var before = _next[placing.SourceTopicIndex] ?? [];
        var after = new long[placing.Anew
            ? placing.Places.Count
            : Math.Max(before.Length, placing.Places.Max(place => place.Partition.Value) + 1)];
        var placed = new TopicPartitionOffset[after.Length];
        if (!placing.Anew)
        {
            before.CopyTo(after, 0);
            _placed[placing.SourceTopicIndex]?.CopyTo(placed, 0);
        }

        foreach (var place in placing.Places)
        {
            after[place.Partition] = place.Offset;
            placed[place.Partition] = place;
        }

        (_next[placing.SourceTopicIndex], _placed[placing.SourceTopicIndex]) = (after, placed);
        _epochs[placing.SourceTopicIndex] = placing.Epoch;
        var left = Enumerable.Range(0, before.Length)
            .Where(partition => placing.Anew || placing.Places.Any(place => place.Partition == partition))
            .Select(partition => new TopicPartition(sourceTopics[placing.SourceTopicIndex], partition));
        return ([.. after], [.. left]);
    }

    /// <summary>How many records of each partition are not read yet. From any thread.</summary>
    public IReadOnlyList<PartitionLag> Lags(Func<TopicPartition, WatermarkOffsets> offsets)
    {
        var lags = new List<PartitionLag>();
        for (var index = 0; index < sourceTopics.Count; index++)
        {
            var next = _next[index] ?? [];
            for (var partition = 0; partition < next.Length; partition++)
            {
                // Unknown until the first fetch, and negative then.
                var end = offsets(new TopicPartition(sourceTopics[index], partition)).High.Value;
                lags.Add(new PartitionLag(index, partition, Math.Max(0, end - Volatile.Read(ref next[partition]))));
            }
        }

        return lags;
    }
}

/// <summary>Where the reader has to go on in some partitions of a source topic.</summary>
/// <param name="SourceTopicIndex">The index of the source topic.</param>
/// <param name="Epoch">Its incarnation.</param>
/// <param name="Places">The next offset of each partition, and the leader epoch that
/// wrote the record before it, where that is known.</param>
/// <param name="Anew">Whether these are all partitions: of a source topic that is new, or was created again.</param>
/// <param name="Gap">Why records may have been missed; null when none were.</param>
internal sealed record KafkaPlacing(int SourceTopicIndex, uint Epoch, IReadOnlyList<TopicPartitionOffset> Places, bool Anew, string? Gap)
{
    public bool IsRecreated => Gap == LogPlacement.Recreated;

    /// <summary>Whether something was fetched from an old place: it is from the old topic, or is read again.</summary>
    public bool Replaces(Fetched fetched) =>
        fetched.SourceTopicIndex == SourceTopicIndex && (Anew || Places.Any(place => place.Partition == fetched.Partition));
}
