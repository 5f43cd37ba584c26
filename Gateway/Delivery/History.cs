using System.Numerics;
using System.Runtime.InteropServices;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Delivery;

/// <summary>Takes an entry of the history; false when it is enough.</summary>
internal delegate bool HistoryTake(in HistoryEntry entry);

/// <summary>Makes a number of a topic. Topics that share one are only slower to find.</summary>
internal delegate int TopicHash(ReadOnlySpan<char> topic);

/// <summary>What became of a question to the history.</summary>
internal enum HistoryAnswer
{
    /// <summary>All of it was taken.</summary>
    Complete,

    /// <summary>The history does not have all of it, or no longer. What was taken is right, but not all.</summary>
    Overwritten,

    /// <summary>The search takes too many steps, or the taker had enough. What was taken is right, but not all.</summary>
    TooMuch,
}

/// <summary>
/// The newest messages of all users, in the memory of this node. The fan-out writes all, listened to or not;
/// any thread reads without a lock. Neither an object nor an allocation for a message: entries in a ring of bytes, and for each hash of a
/// topic the chain of its entries, the newest first.
/// </summary>
internal sealed class History
{
    private readonly MessageOptions _messages;
    private readonly TopicHash _hash;
    private readonly HistoryRing _ring;
    private readonly HistoryMarks _marks;
    private readonly long[] _newest;
    private volatile HistoryStarts _starts;
    private long _head;

    public History(ResumeOptions options, MessageOptions messages, IMessageLog log)
        : this(options.HistoryMaxBytes, messages, log.SourceTopics.Count, string.GetHashCode)
    {
    }

    /// <param name="maxBytes">The size of the ring.</param>
    /// <param name="messages">How the user is found in a message.</param>
    /// <param name="sourceTopicCount">How many source topics there are.</param>
    /// <param name="hash">Seeded, since whoever writes messages chooses the users.</param>
    public History(int maxBytes, MessageOptions messages, int sourceTopicCount, TopicHash hash)
    {
        _messages = messages;
        _hash = hash;
        _ring = new HistoryRing(maxBytes, (lane, at, offset) => _starts!.Lose(lane, at, offset));
        _marks = new HistoryMarks(_ring.Size);
        _newest = new long[BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, _ring.Size / 1024))];
        _starts = new HistoryStarts(sourceTopicCount);
        _head = _ring.Head;
    }

    /// <summary>Whether there is one.</summary>
    public bool IsOn => _ring.Size > 0;

    /// <summary>The place in it that belongs to the node's position. Under the total order.</summary>
    public long Head => _head;

    /// <summary>How many bytes it holds, about.</summary>
    public long Bytes => _ring.Bytes;

    /// <summary>How many messages it holds, about.</summary>
    public long Messages => _ring.Count;

    /// <summary>When the oldest message was put into the log, in milliseconds since the Unix epoch; null while there is none.</summary>
    public long? Oldest => IsOn ? _ring.Oldest() : null;

    /// <summary>
    /// Writes a message, which counts from <see cref="Commit"/> on. On the fan-out's thread, outside of the total order.
    /// </summary>
    /// <param name="record">Where it stands in the log.</param>
    /// <param name="topic">The topic of its user.</param>
    /// <param name="json">The message, as <see cref="Message.Json"/> has it; empty for one that is too large for any outbox.</param>
    public void Write(in LogRecord record, ReadOnlySpan<char> topic, ReadOnlySpan<byte> json)
    {
        if (!IsOn)
        {
            return;
        }

        var starts = _starts;
        var lane = starts.Lane(record.SourceTopicIndex, record.Partition);
        var hash = _hash(topic);
        ref var newest = ref _newest[hash & (_newest.Length - 1)];
        var bytes = json.IsEmpty ? MemoryMarshal.AsBytes(topic) : json;
        var size = json.IsEmpty ? ~bytes.Length : bytes.Length;
        _marks.Pass(lane, record.Offset, _ring.Head);
        var at = _ring.Append(
            new HistoryRing.Header(new HistoryRing.Start(0, lane), hash, size, newest, record.Offset, record.Timestamp), bytes);
        if (at == 0)
        {
            starts.Lose(lane, _ring.Head, record.Offset);
            return;
        }

        Volatile.Write(ref newest, at);
    }

    /// <summary>What was written counts from here on. Under the total order, with the node's position.</summary>
    public void Commit() => _head = _ring.Head;

    /// <summary>
    /// The node has a new place in a source topic. Under the total order, before its position has.
    /// </summary>
    /// <param name="placement">The place.</param>
    /// <param name="before">The node's position before it.</param>
    public void Place(LogPlacement placement, Position before)
    {
        if (!IsOn)
        {
            return;
        }

        // So that every head that was noted before is less than the place of what follows.
        _ring.Skip();
        var starts = _starts.Placed(placement, before, _ring.Head);
        _marks.Place(starts, _ring.Head);
        _starts = starts;
        Commit();
    }

    /// <summary>Whether everything from one position to another is there. From any thread.</summary>
    public bool Covers(Position from, Position to) => _starts.Range(from, to, long.MaxValue) is not null;

    /// <summary>
    /// A reader of the log found no message from one position up to another, in one partition, so the history is as good as if it began
    /// there. From any thread.
    /// </summary>
    /// <param name="sourceTopicIndex">The source topic.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="from">Where it began to read.</param>
    /// <param name="to">Where it ended.</param>
    public void Lower(int sourceTopicIndex, int partition, Position from, Position to) =>
        _starts.Lower(sourceTopicIndex, partition, from, to);

    /// <summary>Finds the messages of some topics from one position up to another, oldest first. From any thread.</summary>
    /// <param name="from">The first offset of each partition.</param>
    /// <param name="to">The offset of each partition where it ends: the node's position, at some time.</param>
    /// <param name="head">The <see cref="Head"/> at that time.</param>
    /// <param name="topics">The topics.</param>
    /// <param name="stepsLeft">How many entries may be looked at, and how many could be still: a step costs some 100 ns.</param>
    /// <param name="take">Takes what is found. Called only when all has been found.</param>
    public HistoryAnswer Collect(
        Position from, Position to, long head, IReadOnlySet<string> topics, ref int stepsLeft, HistoryTake take)
    {
        var starts = _starts;
        if (starts.Range(from, to, head) is not { } range)
        {
            return HistoryAnswer.Overwritten;
        }

        if (!IsOn)
        {
            return HistoryAnswer.Complete;
        }

        var floor = _marks.Floor(range, starts, _ring);
        var found = new List<(long At, string Topic)>();
        foreach (var topic in topics)
        {
            var hash = _hash(topic);
            var at = Volatile.Read(ref _newest[hash & (_newest.Length - 1)]);
            while (at >= floor && _ring.TryRead(at, out var header))
            {
                if (stepsLeft == 0)
                {
                    return HistoryAnswer.TooMuch;
                }

                stepsLeft--;
                var lane = header.Start.Lane;
                if (header.Hash == hash && at < head && lane < range.To.Length && at >= starts.PlacedAt(lane)
                    && header.Offset >= range.From[lane] && header.Offset < range.To[lane])
                {
                    found.Add((at, topic));
                }

                at = header.Previous;
            }
        }

        // Where a chain ended because the tail had passed, the start has risen before.
        if (_starts.Range(from, to, head) is null)
        {
            return HistoryAnswer.Overwritten;
        }

        found.Sort(static (one, other) => one.At.CompareTo(other.At));
        return Take(found, starts, take);
    }

    private HistoryAnswer Take(List<(long At, string Topic)> found, HistoryStarts starts, HistoryTake take)
    {
        foreach (var (at, topic) in found)
        {
            if (!_ring.TryRead(at, out var header) || _ring.TryCopy(at, header) is not { } bytes)
            {
                return HistoryAnswer.Overwritten;
            }

            if (!IsOf(topic, header, bytes))
            {
                continue;
            }

            var (sourceTopicIndex, partition) = starts.Partition(header.Start.Lane);
            var entry = new HistoryEntry(
                sourceTopicIndex, partition, header.Offset, header.Timestamp, topic, header.IsTopicOnly ? default : bytes);
            if (!take(entry))
            {
                return HistoryAnswer.TooMuch;
            }
        }

        return HistoryAnswer.Complete;
    }

    /// <summary>Whether an entry is of this topic, or only of one with the same hash.</summary>
    private bool IsOf(string topic, in HistoryRing.Header header, byte[] bytes) => header.IsTopicOnly
        ? MemoryMarshal.Cast<byte, char>(bytes).SequenceEqual(topic)
        : Message.TryParse(bytes, _messages.UserFieldUtf8, out var message) == MessageFault.None
            && topic.StartsWith(Topic.UserPrefix, StringComparison.Ordinal) && message.IsFor(topic.AsSpan(Topic.UserPrefix.Length));
}

/// <summary>A message of the history.</summary>
/// <param name="SourceTopicIndex">Which source topic, in the order of the settings, from 0.</param>
/// <param name="Partition">The partition within the source topic.</param>
/// <param name="Offset">The offset within the partition.</param>
/// <param name="Timestamp">When it was put into the log, in milliseconds since the Unix epoch.</param>
/// <param name="Topic">Its topic, the string that was asked for.</param>
/// <param name="Json">The message; empty for one that is too large for any outbox.</param>
internal readonly record struct HistoryEntry(
    int SourceTopicIndex, int Partition, long Offset, long Timestamp, string Topic, ReadOnlyMemory<byte> Json);
