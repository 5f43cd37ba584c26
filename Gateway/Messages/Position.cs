using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace RigKafka.Messages;

/// <summary>
/// How far a node has read the log: per source topic its epoch and the next offset of each partition. As text it is
/// the id of an event, which means <i>everything before this has been given to you</i> and holds on every node.
/// </summary>
/// <remarks>
/// The text is a version character and the base64url (RFC 4648, no padding) of, for each source topic in the order of the settings: 4
/// bytes of epoch (big-endian), the number of partitions, the next offset of each; numbers as unsigned LEB128 varints.
/// </remarks>
internal sealed class Position
{
    /// <summary>The first character of every id; another layout gets another one.</summary>
    public const byte Version = (byte)'1';

    private const int MaxVarint = 10;
    private const int MaxPartitions = 100_000;

    private readonly SourceTopicPosition[] _sourceTopics;

    /// <param name="sourceTopicCount">How many source topics there are; each starts without partitions.</param>
    public Position(int sourceTopicCount) => _sourceTopics = Enumerable.Repeat(new SourceTopicPosition(0, []), sourceTopicCount).ToArray();

    private Position(SourceTopicPosition[] sourceTopics) => _sourceTopics = sourceTopics;

    public int SourceTopicCount => _sourceTopics.Length;

    public uint Epoch(int sourceTopicIndex) => _sourceTopics[sourceTopicIndex].Epoch;

    /// <summary>The next offset of each partition of a source topic.</summary>
    public ReadOnlySpan<long> Offsets(int sourceTopicIndex) => _sourceTopics[sourceTopicIndex].Next;

    /// <summary>Puts a source topic to a place: at start, after a partition was added, after a gap.</summary>
    public void Place(int sourceTopicIndex, uint epoch, ReadOnlySpan<long> nextOffsets) =>
        _sourceTopics[sourceTopicIndex] = new SourceTopicPosition(epoch, nextOffsets.ToArray());

    /// <summary>Notes that a partition has been read up to <paramref name="nextOffset"/>, exclusive.</summary>
    public void Advance(int sourceTopicIndex, int partition, long nextOffset) =>
        _sourceTopics[sourceTopicIndex].Next[partition] = nextOffset;

    /// <summary>This place as it is now.</summary>
    public Position Copy() =>
        new([.. _sourceTopics.Select(sourceTopic => sourceTopic with { Next = [.. sourceTopic.Next] })]);

    /// <summary>
    /// The place of a client in the order of a node's source topics, see <see cref="Align"/>. Null when it <see cref="IsStrangeTo"/> them.
    /// </summary>
    public Position? AlignTo(Position node) => IsStrangeTo(node) ? null : Align(node);

    /// <summary>Whether each knows a source topic that the other does not: it may have been created again.</summary>
    public bool IsStrangeTo(Position node) =>
        Array.Exists(_sourceTopics, mine => mine.Next.Length > 0 && !node.Knows(mine.Epoch))
        && Array.Exists(node._sourceTopics, sourceTopic => !Knows(sourceTopic.Epoch));

    /// <summary>
    /// The place of a client in the order of a node's source topics, which are known by their epochs. Of a source topic that the client
    /// does not know it is the node's place, since the id says nothing of it; a partition that it does not know begins at 0.
    /// </summary>
    public Position Align(Position node)
    {
        var aligned = new SourceTopicPosition[node._sourceTopics.Length];
        for (var i = 0; i < aligned.Length; i++)
        {
            var (epoch, next) = node._sourceTopics[i];
            var mine = Array.FindIndex(_sourceTopics, sourceTopic => sourceTopic.Next.Length > 0 && sourceTopic.Epoch == epoch);
            aligned[i] = new SourceTopicPosition(epoch, mine < 0 ? [.. next] : Extend(_sourceTopics[mine].Next, next.Length));
        }

        return new Position(aligned);

        static long[] Extend(long[] next, int partitions)
        {
            // Partitions that only the client knows count if they have something.
            var length = Math.Max(partitions, next.AsSpan().LastIndexOfAnyExcept(0) + 1);
            var extended = new long[length];
            next.AsSpan(0, Math.Min(length, next.Length)).CopyTo(extended);
            return extended;
        }
    }

    /// <summary>Whether it has a partition that the other does not know. Both are of the same source topics.</summary>
    public bool KnowsMoreThan(Position other) =>
        _sourceTopics.Zip(other._sourceTopics).Any(pair => pair.First.Next.Length > pair.Second.Next.Length);

    /// <summary>Whether any partition is further here than there. Both are of the same source topics.</summary>
    public bool IsAheadOf(Position other) => Sum(this, other) > 0;

    /// <summary>
    /// Whether somewhere this place is further than a node that can still get there, since the log goes that far. All are of the same
    /// source topics.
    /// </summary>
    public bool IsWithin(Position node, Position end) => Enumerable.Range(0, _sourceTopics.Length).Any(i =>
        _sourceTopics[i].Next.Where((next, partition) =>
            next > At(node._sourceTopics[i], partition) && next <= At(end._sourceTopics[i], partition)).Any());

    /// <summary>This place where it is before another, else that one. Both are of the same source topics.</summary>
    public Position CutAt(Position end) => new([.. _sourceTopics.Zip(end._sourceTopics, (mine, other) =>
        mine with { Next = [.. mine.Next.Select((next, partition) => Math.Min(next, At(other, partition)))] })]);

    /// <summary>How many offsets lie between this place and a later one of the same source topics.</summary>
    public long Until(Position later) => Sum(later, this);

    private bool Knows(uint epoch) => Array.Exists(_sourceTopics, mine => mine.Next.Length > 0 && mine.Epoch == epoch);

    private static long At(SourceTopicPosition sourceTopic, int partition) =>
        partition < sourceTopic.Next.Length ? sourceTopic.Next[partition] : 0;

    private static long Sum(Position ahead, Position behind)
    {
        var sum = 0L;
        for (var i = 0; i < ahead._sourceTopics.Length; i++)
        {
            var (next, from) = (ahead._sourceTopics[i].Next, behind._sourceTopics[i].Next);
            for (var partition = 0; partition < next.Length; partition++)
            {
                // Offsets of an id may be any, and so many that they are more than a number can say.
                var more = Math.Max(0, next[partition] - (partition < from.Length ? from[partition] : 0));
                sum = more > long.MaxValue - sum ? long.MaxValue : sum + more;
            }
        }

        return sum;
    }

    /// <summary>The id of this place as ASCII.</summary>
    public byte[] ToId()
    {
        var most = _sourceTopics.Sum(sourceTopic => 4 + MaxVarint + (sourceTopic.Next.Length * MaxVarint));
        var bytes = most <= 1024 ? stackalloc byte[most] : new byte[most];
        var length = 0;
        foreach (var sourceTopic in _sourceTopics)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes[length..], sourceTopic.Epoch);
            length += 4;
            length += WriteVarint(bytes[length..], (ulong)sourceTopic.Next.Length);
            foreach (var next in sourceTopic.Next)
            {
                length += WriteVarint(bytes[length..], (ulong)next);
            }
        }

        var id = new byte[1 + Base64Url.GetEncodedLength(length)];
        id[0] = Version;
        Base64Url.EncodeToUtf8(bytes[..length], id.AsSpan(1));
        return id;
    }

    /// <summary>Reads an id back. False for anything that <see cref="ToId"/> would not have written.</summary>
    public static bool TryParse(ReadOnlySpan<byte> id, [NotNullWhen(true)] out Position? position)
    {
        position = null;
        if (id.Length == 0 || id[0] != Version || !Base64Url.IsValid(id[1..]))
        {
            return false;
        }

        var bytes = Base64Url.DecodeFromUtf8(id[1..]).AsSpan();
        var sourceTopics = new List<SourceTopicPosition>();
        while (!bytes.IsEmpty)
        {
            if (!TryReadSourceTopic(ref bytes, out var sourceTopic))
            {
                return false;
            }

            sourceTopics.Add(sourceTopic);
        }

        var read = new Position([.. sourceTopics]);
        position = read.ToId().AsSpan().SequenceEqual(id) ? read : null;
        return position is not null;
    }

    private static bool TryReadSourceTopic(ref Span<byte> bytes, out SourceTopicPosition sourceTopic)
    {
        sourceTopic = new SourceTopicPosition(0, []);
        if (!BinaryPrimitives.TryReadUInt32BigEndian(bytes, out var epoch))
        {
            return false;
        }

        bytes = bytes[4..];
        if (!TryReadVarint(ref bytes, out var partitions) || partitions > MaxPartitions || partitions > (ulong)bytes.Length)
        {
            return false;
        }

        var next = new long[partitions];
        foreach (ref var offset in next.AsSpan())
        {
            if (!TryReadVarint(ref bytes, out var value) || value > long.MaxValue)
            {
                return false;
            }

            offset = (long)value;
        }

        sourceTopic = new SourceTopicPosition(epoch, next);
        return true;
    }

    private static int WriteVarint(Span<byte> destination, ulong value)
    {
        var length = 0;
        for (; value >= 0x80; value >>= 7)
        {
            destination[length++] = (byte)(value | 0x80);
        }

        destination[length++] = (byte)value;
        return length;
    }

    private static bool TryReadVarint(ref Span<byte> bytes, out ulong value)
    {
        value = 0;
        for (var i = 0; i < bytes.Length && i < MaxVarint; i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    private readonly record struct SourceTopicPosition(uint Epoch, long[] Next);
}
