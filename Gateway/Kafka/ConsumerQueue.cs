using System.Runtime.InteropServices;
using System.Text;
using Confluent.Kafka;
using RigKafka.Log;
using RigKafka.Telemetry;

namespace RigKafka.Kafka;

/// <summary>
/// What a consumer has fetched, in order. It takes many at a time from librdkafka: Confluent.Kafka takes one at a time and makes objects of
/// it. For one thread; to be disposed of before the consumer.
/// </summary>
internal sealed unsafe class ConsumerQueue : IDisposable
{
    /// <summary>How many it takes at a time, at most.</summary>
    private const int Most = 256;

    /// <summary>A larger value gets an array of its own, so that the one that is lent stays small.</summary>
    private const int LentMaxBytes = 64 * 1024;

    private readonly nint _queue;
    private readonly byte[][] _names;
    private readonly TimeProvider _time;
    private readonly bool _isTraced;
    private readonly byte[] _lent = new byte[LentMaxBytes];

    /// <summary>What was taken: between these two it has yet to be passed.</summary>
    private readonly Librdkafka.Message*[] _taken = new Librdkafka.Message*[Most];
    private int _next;
    private int _end;

    /// <summary>The topic that was last looked for among the names. It is only compared with those of messages that are here.</summary>
    private nint _topic;
    private int _index;

    /// <param name="consumer">The consumer.</param>
    /// <param name="sourceTopics">The names of all topics that it reads.</param>
    /// <param name="time">The clock.</param>
    /// <param name="isTraced">Whether to look for the trace that a record belongs to.</param>
    public ConsumerQueue(IClient consumer, IReadOnlyList<string> sourceTopics, TimeProvider time, bool isTraced = false)
    {
        (_time, _isTraced) = (time, isTraced);
        _names = [.. sourceTopics.Select(Encoding.UTF8.GetBytes)];
        _queue = Librdkafka.QueueOf(consumer.Handle);
    }

    /// <summary>When the last of what is here was taken. To ask for the time at each record would show in what it costs.</summary>
    public long TakenAt { get; private set; }

    /// <summary>Looks at what is next, until that is passed. False when nothing came in time.</summary>
    public bool TryPeek(int waitMs, out Fetched next)
    {
        var isThere = _next < _end || Take(1, waitMs);
        next = isThere ? Look(_taken[_next]) : default;
        return isThere;
    }

    /// <summary>The record that is next. Its value is lent until it is passed, if it is not large.</summary>
    public LogRecord Record()
    {
        var hasMore = IsRecordBehind() || (Take(Most, waitMs: 0) && IsRecordBehind());
        var message = _taken[_next];
        var (index, partition, offset, _) = Look(message);
        var (value, lent) = Value(message);
        return new LogRecord(
            index, partition, offset, Librdkafka.Timestamp(message, null), value, hasMore, lent, _isTraced ? Trace(message) : null);
    }

    /// <summary>The error that is next.</summary>
    public Error Error()
    {
        var message = _taken[_next];
        return new Error(message->Error, Marshal.PtrToStringUTF8((nint)Librdkafka.Reason(message)));
    }

    public void Pass() => Librdkafka.Destroy(_taken[_next++]);

    /// <summary>Drops what was fetched in partitions that the consumer has left: it knows that no more of them comes.</summary>
    public void Drop(Func<Fetched, bool> isLeft)
    {
        var kept = _next;
        for (var i = _next; i < _end; i++)
        {
            var message = _taken[i];
            if (isLeft(Look(message)))
            {
                Librdkafka.Destroy(message);
            }
            else
            {
                _taken[kept++] = message;
            }
        }

        _end = kept;
    }

    public void Dispose()
    {
        while (_next < _end)
        {
            Pass();
        }

        Librdkafka.Leave(_queue);
    }

    private static RecordTrace? Trace(Librdkafka.Message* record)
    {
        var parent = Librdkafka.Header(record, "traceparent\0"u8);
        return RecordTrace.IsSampled(parent) ? RecordTrace.Read(parent, Librdkafka.Header(record, "tracestate\0"u8)) : null;
    }

    private bool IsRecordBehind()
    {
        for (var i = _next + 1; i < _end; i++)
        {
            if (_taken[i]->Error == ErrorCode.NoError)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes some more, if there is room. Returns whether there were any.</summary>
    private bool Take(int most, int waitMs)
    {
        Array.Copy(_taken, _next, _taken, 0, _end - _next);
        (_next, _end) = (0, _end - _next);
        (_topic, _index) = (0, 0);
        var before = _end;
        fixed (Librdkafka.Message** taken = _taken)
        {
            _end += Math.Max(0, (int)Librdkafka.Take(_queue, waitMs, taken + _end, Math.Min(most, Most - _end)));
        }

        TakenAt = _time.GetTimestamp();
        return _end > before;
    }

    private Fetched Look(Librdkafka.Message* message)
    {
        if (message->Topic != _topic)
        {
            (_topic, _index) = (message->Topic, IndexOf(message->Topic));
        }

        return new Fetched(_index, message->Partition, message->Offset, message->Error);
    }

    /// <summary>Some errors have no topic.</summary>
    private int IndexOf(nint topic)
    {
        if (topic == 0)
        {
            return 0;
        }

        var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(Librdkafka.NameOf(topic));
        var index = 0;
        while (!name.SequenceEqual(_names[index]))
        {
            index++;
        }

        return index;
    }

    private (byte[]? Value, int? Lent) Value(Librdkafka.Message* record)
    {
        var value = new ReadOnlySpan<byte>((void*)record->Value, (int)record->ValueLength);
        if (record->Value == 0 || value.Length > LentMaxBytes)
        {
            return (record->Value == 0 ? null : value.ToArray(), null);
        }

        value.CopyTo(_lent);
        return (_lent, value.Length);
    }
}

/// <summary>A record, the end of a partition or an error.</summary>
/// <param name="SourceTopicIndex">The index of its source topic; 0 if it has none.</param>
/// <param name="Partition">Its partition.</param>
/// <param name="Offset">Its offset; that of the next record at the end of a partition.</param>
/// <param name="Code">Which of them it is.</param>
internal readonly record struct Fetched(int SourceTopicIndex, int Partition, long Offset, ErrorCode Code)
{
    public bool IsRecord => Code == ErrorCode.NoError;

    public bool IsEnd => Code == ErrorCode.Local_PartitionEOF;
}
