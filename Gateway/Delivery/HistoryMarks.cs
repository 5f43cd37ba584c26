namespace RigKafka.Delivery;

/// <summary>
/// How far the history had come when its ring was at some places: so a reader of a long chain knows where to stop. One thread writes,
/// any number read without a lock. There is a mark for each 1/512 of the ring; the memory of one serves the one that comes when the
/// ring has gone round.
/// </summary>
internal sealed class HistoryMarks(int ringBytes)
{
    /// <summary>Two more than the ring holds, so that what a mark says of is gone before the mark is.</summary>
    private const int Most = 514;

    /// <summary>What a mark has while it is written.</summary>
    private const long Unfinished = -1;

    private readonly int _every = Math.Max(1, ringBytes / 512);
    private volatile Table _table = new(new long[Most], [], 0);
    private long[] _ends = [];
    private long _count;
    private long _next;

    /// <summary>Notes that the next entry, at a place in the ring, is of this record.</summary>
    public void Pass(int lane, long offset, long at)
    {
        if (at >= _next)
        {
            Add(at);
        }

        _ends[lane] = offset + 1;
    }

    /// <summary>Makes room for new lanes, and forgets how far those had come that were placed now: what was before does not count.</summary>
    public void Place(HistoryStarts starts, long head)
    {
        var (before, lanes) = (_table, starts.Count);
        var ends = new long[Most * lanes];
        for (var slot = 0; slot < Most; slot++)
        {
            before.Ends.AsSpan(slot * before.Lanes, before.Lanes).CopyTo(ends.AsSpan(slot * lanes));
        }

        Array.Resize(ref _ends, lanes);
        for (var lane = 0; lane < lanes; lane++)
        {
            _ends[lane] = starts.PlacedAt(lane) == head ? 0 : _ends[lane];
        }

        _table = new Table([.. before.Places], ends, lanes);
    }

    /// <summary>A place in the ring before which nothing is asked for.</summary>
    /// <param name="range">What is asked for.</param>
    /// <param name="starts">Where the lanes were placed.</param>
    /// <param name="ring">The ring.</param>
    public long Floor(HistoryRange range, HistoryStarts starts, HistoryRing ring)
    {
        // Older ones have less; so the newest that does is found by halving.
        var table = _table;
        var (floor, high) = (0L, Volatile.Read(ref _count) - 1);
        for (var low = Math.Max(0, high - Most + 2); low <= high;)
        {
            var middle = low + ((high - low) / 2);
            if (IsBefore(table, (int)(middle % Most), range, starts, ring, out var at))
            {
                (floor, low) = (Math.Max(floor, at), middle + 1);
            }
            else
            {
                high = middle - 1;
            }
        }

        return floor;
    }

    private void Add(long at)
    {
        var table = _table;
        var slot = (int)(_count % Most);
        Volatile.Write(ref table.Places[slot], Unfinished);
        Interlocked.MemoryBarrier();
        _ends.CopyTo(table.Ends.AsSpan(slot * table.Lanes));
        Volatile.Write(ref table.Places[slot], at);
        Volatile.Write(ref _count, _count + 1);
        _next = at + _every;
    }

    /// <summary>Whether nothing that is asked for is before a mark. What has been overwritten meanwhile counts as such.</summary>
    private static bool IsBefore(Table table, int slot, HistoryRange range, HistoryStarts starts, HistoryRing ring, out long at)
    {
        at = Volatile.Read(ref table.Places[slot]);
        var ends = table.Ends.AsSpan(slot * table.Lanes, table.Lanes);
        var isBefore = true;
        for (var lane = 0; lane < range.From.Length && lane < ends.Length && isBefore; lane++)
        {
            isBefore = range.From[lane] >= range.To[lane] || ends[lane] <= range.From[lane] || at <= starts.PlacedAt(lane);
        }

        Interlocked.MemoryBarrier();
        if (at == Volatile.Read(ref table.Places[slot]) && at >= ring.Tail)
        {
            return isBefore;
        }

        at = 0;
        return true;
    }

    /// <summary>The marks.</summary>
    /// <param name="Places">The place of each in the ring.</param>
    /// <param name="Ends">What follows the last offset of each lane before it, one mark after the other.</param>
    /// <param name="Lanes">How many lanes it has room for.</param>
    private sealed record Table(long[] Places, long[] Ends, int Lanes);
}
