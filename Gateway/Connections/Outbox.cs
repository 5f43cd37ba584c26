namespace RigKafka.Connections;

/// <summary>
/// What one connection has yet to be sent: references to shared frames, oldest first. Its writer bounds its bytes.
/// Empty, it holds nothing; with one frame, that reference; the ring for more is lent by the delivery loop.
/// </summary>
internal struct Outbox
{
    private byte[]? _head;
    private int _headSent;
    private byte[][]? _ring;
    private int _first;
    private int _count;

    /// <summary>The slots of the largest ring that the loop keeps when an outbox gives it back.</summary>
    public const int LargestRing = 256;

    /// <summary>The slots of a new ring; a power of two.</summary>
    private const int SmallestRing = 16;

    /// <summary>How many rings the loop keeps: a burst allocates once, and a lull costs little.</summary>
    private const int MostRings = 4096;

    /// <summary>What a frame costs beside its bytes: the array's own, and its place in a ring that may just have been enlarged.</summary>
    public const int FrameCost = 48;

    /// <summary>The bytes that wait, and <see cref="FrameCost"/> for each frame.</summary>
    public int Bytes { get; private set; }

    /// <summary>How many frames wait behind the oldest.</summary>
    public readonly int Behind => _count;

    public readonly bool IsEmpty => _head is null;

    /// <summary>What is left of the oldest frame.</summary>
    public readonly ReadOnlyMemory<byte> Head => _head.AsMemory(_headSent);

    /// <summary>By how much a frame adds to <see cref="Bytes"/>.</summary>
    public static int CostOf(byte[] frame) => frame.Length + FrameCost;

    /// <summary>Adds a frame, unless it is empty.</summary>
    public void Add(byte[] frame, Stack<byte[][]> rings)
    {
        if (frame.Length == 0)
        {
            return;
        }

        Bytes += CostOf(frame);
        if (_head is null)
        {
            _head = frame;
            return;
        }

        _ring ??= rings.TryPop(out var lent) ? lent : new byte[SmallestRing][];
        if (_count == _ring.Length)
        {
            Grow();
        }

        _ring[(_first + _count++) & (_ring.Length - 1)] = frame;
    }

    /// <summary>
    /// All that waits, as one run of bytes: the frame itself if there is only one, else as much as <paramref name="scratch"/> takes.
    /// </summary>
    public readonly ReadOnlySpan<byte> Gather(byte[] scratch)
    {
        var head = _head.AsSpan(_headSent);
        if (_count == 0 || head.Length >= scratch.Length)
        {
            return head;
        }

        head.CopyTo(scratch);
        var length = head.Length;
        for (var i = 0; i < _count; i++)
        {
            var frame = _ring![(_first + i) & (_ring.Length - 1)];
            if (frame.Length > scratch.Length - length)
            {
                break;
            }

            frame.CopyTo(scratch, length);
            length += frame.Length;
        }

        return scratch.AsSpan(0, length);
    }

    /// <summary>Forgets bytes that have been taken. An emptied outbox gives its ring back.</summary>
    public void Take(int bytes, Stack<byte[][]> rings)
    {
        Bytes -= bytes;
        while (bytes > 0)
        {
            var left = _head!.Length - _headSent;
            if (bytes < left)
            {
                _headSent += bytes;
                return;
            }

            bytes -= left;
            Next(rings);
        }
    }

    /// <summary>Forgets what waits, but not a frame that the client may have got part of.</summary>
    /// <param name="isHeadUnderWay">Whether the wire has more of the oldest frame than it has said.</param>
    /// <param name="rings">Where the ring goes.</param>
    public void Drop(bool isHeadUnderWay, Stack<byte[][]> rings)
    {
        var (head, sent) = (_head, _headSent);
        Clear(rings);
        if (head is not null && (isHeadUnderWay || sent > 0))
        {
            (_head, _headSent, Bytes) = (head, sent, CostOf(head) - sent);
        }
    }

    public void Clear(Stack<byte[][]> rings)
    {
        while (_head is not null)
        {
            Next(rings);
        }

        Bytes = 0;
    }

    private void Next(Stack<byte[][]> rings)
    {
        _headSent = 0;
        Bytes -= FrameCost;
        if (_count == 0)
        {
            _head = null;
            return;
        }

        _head = _ring![_first];
        _ring[_first] = null!;
        _first = (_first + 1) & (_ring.Length - 1);
        if (--_count == 0)
        {
            if (_ring.Length <= LargestRing && rings.Count < MostRings)
            {
                rings.Push(_ring);
            }

            _ring = null;
            _first = 0;
        }
    }

    private void Grow()
    {
        var larger = new byte[_ring!.Length * 2][];
        for (var i = 0; i < _count; i++)
        {
            larger[i] = _ring[(_first + i) & (_ring.Length - 1)];
        }

        _ring = larger;
        _first = 0;
    }
}
