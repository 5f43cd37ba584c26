using Confluent.Kafka;
using RigKafka.Messages;

namespace RigKafka.Kafka;

/// <summary>What a rewind has yet to read. For the one thread that reads.</summary>
internal sealed class KafkaRewindRanges
{
    private readonly IReadOnlyList<string> _sourceTopics;
    private readonly Dictionary<string, int> _indices;
    private readonly Range?[][] _ranges;

    /// <param name="sourceTopics">The names of the source topics.</param>
    /// <param name="from">The first offsets.</param>
    /// <param name="to">The offsets to stop before.</param>
    public KafkaRewindRanges(IReadOnlyList<string> sourceTopics, Position from, Position to)
    {
        _sourceTopics = sourceTopics;
        _indices = sourceTopics.Index().ToDictionary(topic => topic.Item, topic => topic.Index);
        _ranges = [.. sourceTopics.Select((_, index) => Of(from.Offsets(index), to.Offsets(index)))];
        Left = All.Count();
    }

    /// <summary>In how many partitions there is something left to read.</summary>
    public int Left { get; private set; }

    /// <summary>Where to begin.</summary>
    public IEnumerable<TopicPartitionOffset> Places => All.Select(each => new TopicPartitionOffset(each.At, each.Range.Next));

    /// <summary>
    /// Per source topic, the partitions of which offsets were not there, and the first such offset: the marker of a transaction took it,
    /// or its record was removed.
    /// </summary>
    public ILookup<int, (int Partition, long Offset)> Holes => All.Where(each => each.Range.Hole is not null)
        .ToLookup(each => _indices[each.At.Topic], each => (each.At.Partition.Value, each.Range.Hole!.Value));

    /// <summary>The indices of the source topics that are read.</summary>
    public IEnumerable<int> SourceTopicIndices => Enumerable.Range(0, _ranges.Length).Where(index => _ranges[index].Any(range => range is not null));

    private IEnumerable<(TopicPartition At, Range Range)> All =>
        from topic in _ranges.Index()
        from partition in topic.Item.Index()
        where partition.Item is not null
        select (new TopicPartition(_sourceTopics[topic.Index], partition.Index), partition.Item);

    public string Name(int index) => _sourceTopics[index];

    /// <summary>The next offset to read in a partition.</summary>
    public long Next(TopicPartition at) => _ranges[_indices[at.Topic]][at.Partition]!.Next;

    /// <summary>
    /// Whether the client failed at an offset that it was reading for an earlier rewind, as <see cref="KafkaPlaces.IsFormer"/> has it.
    /// </summary>
    /// <param name="index">The index of the source topic.</param>
    /// <param name="partition">The partition, which may be none of these.</param>
    /// <param name="failedAt">The offset; negative where the client does not say it.</param>
    /// <param name="again">The place, where the client has to be told it again; null where there is nothing left to read.</param>
    public bool IsFormer(int index, int partition, long failedAt, out TopicPartitionOffset? again)
    {
        var range = _ranges[index].ElementAtOrDefault(partition);
        again = range is null || range.Next == range.To ? null : new TopicPartitionOffset(Name(index), partition, range.Next);
        return again is null || (failedAt >= 0 && failedAt != range!.Next && range.Next == range.From);
    }

    /// <summary>A record was read. Returns whether it is one of those that were asked for.</summary>
    /// <param name="index">The index of its source topic.</param>
    /// <param name="partition">Its partition.</param>
    /// <param name="offset">Its offset.</param>
    /// <param name="isLast">Whether nothing is left in its partition, which was not so before.</param>
    public bool Take(int index, int partition, long offset, out bool isLast)
    {
        isLast = false;
        if (_ranges[index][partition] is not { } range || range.Next >= range.To || offset < range.Next)
        {
            return false;
        }

        var isAsked = offset < range.To;
        isLast = Pass(range, offset, isAsked ? offset + 1 : range.To);
        return isAsked;
    }

    /// <summary>The end of a partition was reached. Returns whether nothing is left there, which was not so before.</summary>
    public bool End(int index, int partition, long offset) =>
        _ranges[index][partition] is { } range && range.Next < range.To && offset > range.Next && Pass(range, offset, Math.Min(offset, range.To));

    /// <param name="range">A range with something left.</param>
    /// <param name="offset">What was found next.</param>
    /// <param name="next">Up to where it is read.</param>
    private bool Pass(Range range, long offset, long next)
    {
        if (offset > range.Next)
        {
            range.Hole ??= range.Next;
        }

        range.Next = next;
        Left -= next == range.To ? 1 : 0;
        return next == range.To;
    }

    private static Range?[] Of(ReadOnlySpan<long> from, ReadOnlySpan<long> to)
    {
        var ranges = new Range?[from.Length];
        for (var partition = 0; partition < ranges.Length; partition++)
        {
            var (first, end) = (from[partition], to[partition]);
            ranges[partition] = first < end ? new Range { From = first, Next = first, To = end } : null;
        }

        return ranges;
    }

    private sealed class Range
    {
        public required long From { get; init; }

        public required long Next { get; set; }

        public required long To { get; init; }

        public long? Hole { get; set; }
    }
}
