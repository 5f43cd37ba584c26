using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Delivery;

/// <summary>
/// The partitions as the history numbers them (lanes), and from where on it has everything of each. The numbers stay; a placement makes
/// a new one of these. What is in it is written by the thread that writes the history, and read by any.
/// </summary>
internal sealed class HistoryStarts
{
    private readonly int[][] _lanes;
    private readonly uint[] _epochs;
    private readonly (int SourceTopicIndex, int Partition)[] _partitions;
    private readonly long[] _starts;
    private readonly long[] _placedAt;

    public HistoryStarts(int sourceTopicCount)
        : this(Enumerable.Repeat(Array.Empty<int>(), sourceTopicCount).ToArray(), new uint[sourceTopicCount], [], [], [])
    {
    }

    private HistoryStarts(int[][] lanes, uint[] epochs, (int, int)[] partitions, long[] starts, long[] placedAt) =>
        (_lanes, _epochs, _partitions, _starts, _placedAt) = (lanes, epochs, partitions, starts, placedAt);

    /// <summary>How many lanes there are.</summary>
    public int Count => _partitions.Length;

    public int Lane(int sourceTopicIndex, int partition) => _lanes[sourceTopicIndex][partition];

    public (int SourceTopicIndex, int Partition) Partition(int lane) => _partitions[lane];

    /// <summary>Where the ring was when a lane was last placed: its entries before that are of records that are no longer (H2).</summary>
    public long PlacedAt(int lane) => _placedAt[lane];

    /// <summary>Notes that a record is not in the history, or no longer.</summary>
    /// <param name="lane">Its lane.</param>
    /// <param name="at">Its place in the ring, or where it would be.</param>
    /// <param name="offset">Its offset.</param>
    public void Lose(int lane, long at, long offset)
    {
        if (at >= _placedAt[lane] && offset >= _starts[lane])
        {
            Volatile.Write(ref _starts[lane], offset + 1);
        }
    }

    /// <summary>Notes that there are no messages from one offset up to another. From any thread.</summary>
    public void Lower(int sourceTopicIndex, int partition, Position from, Position to)
    {
        if (from.Epoch(sourceTopicIndex) != _epochs[sourceTopicIndex] || partition >= _lanes[sourceTopicIndex].Length)
        {
            return;
        }

        ref var start = ref _starts[_lanes[sourceTopicIndex][partition]];
        var (low, high) = (from.Offsets(sourceTopicIndex)[partition], to.Offsets(sourceTopicIndex)[partition]);
        // It rises while the history is overwritten.
        for (var seen = Volatile.Read(ref start); low < seen && seen <= high; seen = Volatile.Read(ref start))
        {
            if (Interlocked.CompareExchange(ref start, low, seen) == seen)
            {
                return;
            }
        }
    }

    /// <summary>
    /// The same after a placement. What it leaves where it was goes on, unless the records there are others now.
    /// </summary>
    /// <param name="placement">The new place.</param>
    /// <param name="before">The node's position before it.</param>
    /// <param name="head">The place of the next entry.</param>
    public HistoryStarts Placed(LogPlacement placement, Position before, long head)
    {
        var (index, next) = (placement.SourceTopicIndex, placement.NextOffsets);
        var anew = placement.Epoch != _epochs[index] || placement.Gap == LogPlacement.Truncated;
        var known = before.Offsets(index);
        int[][] lanes = [.. _lanes];
        lanes[index] = [.. lanes[index], .. Enumerable.Range(Count, Math.Max(0, next.Length - lanes[index].Length))];
        var added = lanes[index].Skip(_lanes[index].Length).Select((_, at) => (index, _lanes[index].Length + at)).ToArray();
        uint[] epochs = [.. _epochs];
        epochs[index] = placement.Epoch;
        long[] starts = [.. _starts, .. new long[added.Length]];
        long[] placedAt = [.. _placedAt, .. new long[added.Length]];
        for (var partition = 0; partition < next.Length; partition++)
        {
            if (anew || partition >= known.Length || known[partition] != next[partition])
            {
                starts[lanes[index][partition]] = next[partition];
                placedAt[lanes[index][partition]] = head;
            }
        }

        return new HistoryStarts(lanes, epochs, [.. _partitions, .. added], starts, placedAt);
    }

    /// <summary>
    /// What is between two positions, for each lane: from and to, where from is before to; else nothing (to is 0). Null when the history
    /// does not have all of it. From any thread.
    /// </summary>
    /// <param name="from">The first offset of each partition.</param>
    /// <param name="to">The offset of each partition where it ends.</param>
    /// <param name="head">The place in the ring that belongs to <paramref name="to"/>.</param>
    public HistoryRange? Range(Position from, Position to, long head)
    {
        var range = new HistoryRange(new long[Count], new long[Count]);
        for (var index = 0; index < to.SourceTopicCount; index++)
        {
            var first = from.Offsets(index);
            var end = to.Offsets(index);
            for (var partition = 0; partition < end.Length; partition++)
            {
                var low = partition < first.Length ? first[partition] : 0;
                if (low >= end[partition])
                {
                    continue;
                }

                if (from.Epoch(index) != _epochs[index] || to.Epoch(index) != _epochs[index] || partition >= _lanes[index].Length)
                {
                    return null;
                }

                var lane = _lanes[index][partition];
                if (low < Volatile.Read(ref _starts[lane]) || _placedAt[lane] > head)
                {
                    return null;
                }

                (range.From[lane], range.To[lane]) = (low, end[partition]);
            }
        }

        return range;
    }
}

/// <summary>Which records are asked for, by lane.</summary>
/// <param name="From">The first offset.</param>
/// <param name="To">The offset after the last one; not more than the first where nothing is asked for.</param>
internal sealed record HistoryRange(long[] From, long[] To);
