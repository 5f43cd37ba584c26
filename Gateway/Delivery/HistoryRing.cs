using System.Runtime.InteropServices;

namespace RigKafka.Delivery;

/// <summary>
/// One ring of bytes with an entry for each message, the newest over the oldest. A place in it is a number that only grows, so it names
/// one entry for good. One thread writes, any number read without a lock: they copy, and then look whether the tail has passed (H21).
/// </summary>
internal sealed class HistoryRing
{
    /// <summary>What an entry has beside its bytes.</summary>
    public const int Overhead = 40;

    private const int Alignment = sizeof(long);

    /// <summary>The lane of an entry that only fills the ring to its end: entries never wrap.</summary>
    private const int Filler = -1;

    private readonly byte[] _bytes;
    private readonly int _step;
    private readonly Action<int, long, long> _onOverwritten;
    private int _next;
    private long _head;
    private long _tail;
    private long _written;
    private long _overwritten;

    /// <param name="maxBytes">Its size. The memory is taken from the system as it fills.</param>
    /// <param name="onOverwritten">
    /// Told the lane, the place and the offset of each entry that goes, before it goes. Runs on the thread that writes.
    /// </param>
    public HistoryRing(int maxBytes, Action<int, long, long> onOverwritten)
    {
        _bytes = GC.AllocateUninitializedArray<byte>(maxBytes / Alignment * Alignment);
        _step = Math.Min(16 * 1024, _bytes.Length / 256);
        _onOverwritten = onOverwritten;
        // Places begin here, so that 0 is before all of them.
        _head = _tail = _bytes.Length;
    }

    public int Size => _bytes.Length;

    /// <summary>The place after the last entry. For the thread that writes.</summary>
    public long Head => _head;

    /// <summary>The place of the oldest entry: what is before it has been overwritten, or is just being.</summary>
    public long Tail => Volatile.Read(ref _tail);

    /// <summary>How many bytes are used, about.</summary>
    public long Bytes => Volatile.Read(ref _head) - Tail;

    /// <summary>How many entries there are, about.</summary>
    public long Count => Math.Max(0, Volatile.Read(ref _written) - Volatile.Read(ref _overwritten));

    /// <summary>Writes an entry, and returns its place; 0 if it is larger than the ring.</summary>
    public long Append(Header header, ReadOnlySpan<byte> bytes)
    {
        var length = (Overhead + (long)bytes.Length + Alignment - 1) & -Alignment;
        if (length > _bytes.Length)
        {
            return 0;
        }

        var left = _bytes.Length - _next;
        if (length > left)
        {
            Fill(left);
        }

        MakeRoom((int)length);
        var at = _head;
        header.Start = header.Start with { Length = (int)length };
        MemoryMarshal.Write(_bytes.AsSpan(_next), header);
        bytes.CopyTo(_bytes.AsSpan(_next + Overhead));
        _written++;
        Advance((int)length);
        return at;
    }

    /// <summary>Makes the head another one, without an entry.</summary>
    public void Skip() => Fill(Alignment);

    /// <summary>Copies the head of an entry. False once it has been overwritten.</summary>
    public bool TryRead(long at, out Header header)
    {
        header = default;
        if (at < Tail)
        {
            return false;
        }

        header = MemoryMarshal.Read<Header>(_bytes.AsSpan((int)(at % _bytes.Length)));
        return IsThere(at);
    }

    /// <summary>Copies the bytes of an entry. Null once it has been overwritten.</summary>
    public byte[]? TryCopy(long at, in Header header)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(header.BytesLength);
        _bytes.AsSpan((int)(at % _bytes.Length) + Overhead, bytes.Length).CopyTo(bytes);
        return IsThere(at) ? bytes : null;
    }

    /// <summary>When the oldest message was put into the log, in milliseconds since the Unix epoch; null while there is none.</summary>
    public long? Oldest()
    {
        for (var at = Tail; at < Volatile.Read(ref _head);)
        {
            var start = MemoryMarshal.Read<Start>(_bytes.AsSpan((int)(at % _bytes.Length)));
            if (!IsThere(at))
            {
                at = Tail;
            }
            else if (start.Lane == Filler)
            {
                at += start.Length;
            }
            else if (TryRead(at, out var header))
            {
                return header.Timestamp;
            }
        }

        return null;
    }

    private void Fill(int length)
    {
        MakeRoom(length);
        MemoryMarshal.Write(_bytes.AsSpan(_next), new Start(length, Filler));
        Advance(length);
    }

    private void Advance(int length)
    {
        _next = _next + length == _bytes.Length ? 0 : _next + length;
        Volatile.Write(ref _head, _head + length);
    }

    /// <summary>Whether what was read from this place before is what was written there.</summary>
    private bool IsThere(long at)
    {
        // What was read must not be read after the tail. MakeRoom has the other half.
        Interlocked.MemoryBarrier();
        return at >= Tail;
    }

    /// <summary>Moves the tail until so many bytes after the head are free, and somewhat further, so that a barrier serves many.</summary>
    private void MakeRoom(int length)
    {
        var free = _head + length - _bytes.Length;
        if (free <= _tail)
        {
            return;
        }

        var tail = _tail;
        for (var enough = Math.Min(free + _step, _head); tail < enough;)
        {
            var entry = _bytes.AsSpan((int)(tail % _bytes.Length));
            var start = MemoryMarshal.Read<Start>(entry);
            if (start.Lane != Filler)
            {
                _onOverwritten(start.Lane, tail, MemoryMarshal.Read<Header>(entry).Offset);
                _overwritten++;
            }

            tail += start.Length;
        }

        Volatile.Write(ref _tail, tail);
        // A reader that sees a byte of what comes now must see that the tail has passed.
        Interlocked.MemoryBarrier();
    }

    /// <summary>How an entry begins.</summary>
    /// <param name="Length">The bytes from this entry to the next.</param>
    /// <param name="Lane">The number of its partition.</param>
    [StructLayout(LayoutKind.Sequential)]
    public readonly record struct Start(int Length, int Lane);

    /// <summary>What an entry has before its bytes.</summary>
    /// <param name="Start">How it begins; the ring sets the length.</param>
    /// <param name="Hash">The hash of its topic.</param>
    /// <param name="Size">How many bytes follow; the complement (<c>~</c>) where they are the topic, as UTF-16, in place of a message.</param>
    /// <param name="Previous">The place of the previous entry with such a hash; it may be overwritten.</param>
    /// <param name="Offset">The offset of the record.</param>
    /// <param name="Timestamp">When the record was put into the log, in milliseconds since the Unix epoch.</param>
    [StructLayout(LayoutKind.Sequential)]
    public record struct Header(Start Start, int Hash, int Size, long Previous, long Offset, long Timestamp)
    {
        public readonly bool IsTopicOnly => Size < 0;

        public readonly int BytesLength => Size < 0 ? ~Size : Size;
    }
}
