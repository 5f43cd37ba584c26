using System.Buffers;

namespace RigKafka.Direct;

/// <summary>What was received and not consumed yet, in one piece of rented memory. Empty, it holds none.</summary>
internal struct ReceiveBuffer
{
    private const int Smallest = 4096;

    private byte[]? _bytes;
    private int _start;
    private int _end;

    public readonly int Length => _end - _start;

    public readonly ReadOnlySequence<byte> Sequence => _bytes is null ? default : new ReadOnlySequence<byte>(_bytes, _start, Length);

    public readonly ReadOnlySpan<byte> Span => _bytes.AsSpan(_start, Length);

    /// <summary>Where the next bytes go: some room, see <see cref="Added"/>.</summary>
    public Span<byte> Room()
    {
        if (_bytes is null)
        {
            _bytes = ArrayPool<byte>.Shared.Rent(Smallest);
        }
        else if (_end == _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Smallest, Length * 2));
            Span.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            (_bytes, _start, _end) = (larger, 0, Length);
        }

        return _bytes.AsSpan(_end);
    }

    /// <summary>So many bytes have been put there; none gives an empty buffer back.</summary>
    public void Added(int bytes)
    {
        _end += bytes;
        ReleaseIfEmpty();
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var room = Room();
            var part = bytes[..Math.Min(bytes.Length, room.Length)];
            part.CopyTo(room);
            Added(part.Length);
            bytes = bytes[part.Length..];
        }
    }

    /// <summary>Forgets all but the last bytes.</summary>
    public void KeepLast(int bytes)
    {
        _start = _end - bytes;
        ReleaseIfEmpty();
    }

    private void ReleaseIfEmpty()
    {
        if (_start == _end && _bytes is not null)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            (_bytes, _start, _end) = (null, 0, 0);
        }
    }
}
