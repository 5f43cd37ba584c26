using System.Security.Cryptography;
using RigKafka.Messages;

namespace RigKafka.Log;

/// <summary>
/// The log without Kafka: one source topic with one partition in the memory of this node. What is in it is lost when the
/// process ends, and no other node sees it. It is bounded in bytes, and keeps a record only until this node has read it.
/// </summary>
/// <remarks>
/// An append that finds the log idle reads its own record. An append that finds it at work only adds to the queue,
/// and the log reads the rest as a work item of the thread pool. So there is no task and no wake-up per message.
/// </remarks>
internal sealed partial class EmbeddedLog(LogOptions options, TimeProvider time, ILogger<EmbeddedLog> logger)
    : IMessageLog, IThreadPoolWorkItem
{
    /// <summary>How many records may be unread: a longer backlog would only make every message late.</summary>
    private const int MostUnread = 1_000;

    private static readonly LogHealth Unread = new(false, "Nothing reads the embedded log yet.");
    private static readonly LogHealth Well = new(true, null);

    private readonly uint _epoch = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
    private readonly Lock _lock = new();
    private readonly Queue<LogRecord> _records = new();
    private readonly Queue<WaitingAppend> _waiting = new();
    private readonly List<(long Until, TaskCompletionSource Done)> _drains = [];
    private LogReader? _reader;
    private TaskCompletionSource? _ended;
    private bool _atWork;
    private bool _isSealed;
    private bool _placed;
    private long _bytes;
    private long _end;
    private long _read;

    public IReadOnlyList<string> SourceTopics { get; } = ["embedded"];

    public LogHealth Health => Volatile.Read(ref _placed) ? Well : Unread;

    public IReadOnlyList<PartitionLag> Lags => [new PartitionLag(0, 0, Left)];

    private long Left => Math.Max(0, Volatile.Read(ref _end) - Volatile.Read(ref _read));

    public ValueTask<AppendOutcome> Append(Message message, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        if (message.Json.Length > options.MessageMaxBytes)
        {
            return ValueTask.FromResult(AppendOutcome.TooLarge);
        }

        var value = message.ToArray();
        lock (_lock)
        {
            if (_isSealed)
            {
                return ValueTask.FromResult(AppendOutcome.NotStored);
            }

            if (_waiting.Count > 0 || !Fits(value))
            {
                var waiting = new WaitingAppend(value);
                waiting.AnswerBy(options.PublishTimeout, time);
                _waiting.Enqueue(waiting);
                return new ValueTask<AppendOutcome>(waiting.Task);
            }

            if (!Add(value))
            {
                return ValueTask.FromResult(AppendOutcome.Stored);
            }
        }

        // The caller reads an idle log: to wake another thread costs more than most messages do.
        _ = ReadPending(isAppending: true);
        return ValueTask.FromResult(AppendOutcome.Stored);
    }

    public async Task Read(LogReader reader, CancellationToken cancellation)
    {
        LogStarted(options.EmbeddedMaxBytes);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        long from;
        lock (_lock)
        {
            // At work until placed: what is appended from here on waits in the queue.
            (_reader, _ended, _atWork, from) = (reader, ended, true, _end);
        }

        reader.OnPlaced(new LogPlacement(0, _epoch, [from], Gap: null));
        Volatile.Write(ref _placed, true);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        using (cancellation.UnsafeRegister(static log => ((EmbeddedLog)log!).StopReading(), this))
        {
            await ended.Task;
        }
    }

    /// <summary>What was read is gone.</summary>
    public Task<string?> ReadAgain(Position from, Position to, Action<LogRecord> onRecord, CancellationToken cancellation) =>
        Task.FromResult(from.Offsets(0)[0] < to.Offsets(0)[0] ? LogPlacement.Retention : null);

    public Task<LogBounds?> Bounds(CancellationToken cancellation) =>
        Task.FromResult<LogBounds?>(LogBounds.Of(_epoch, Volatile.Read(ref _read), Volatile.Read(ref _end)));

    public async Task Drain(CancellationToken cancellation)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            // A later append would reach nobody.
            _isSealed = true;
            RefuseWaiting();
            if (_reader is null || _read == _end)
            {
                return;
            }

            _drains.Add((_end, done));
        }

        await done.Task.WaitAsync(cancellation);
    }

    void IThreadPoolWorkItem.Execute() => _ = ReadPending(isAppending: false);

    private async Task ReadPending(bool isAppending)
    {
        try
        {
            while (TryTake(out var reader, out var record))
            {
                await reader.OnRecord(record);
                Forget(record);
                if (isAppending && Left > 0)
                {
                    ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                    return;
                }
            }
        }
        catch (Exception failure)
        {
            lock (_lock)
            {
                EndReading(failure);
            }
        }
    }

    private bool TryTake(out LogReader reader, out LogRecord record)
    {
        lock (_lock)
        {
            reader = _reader!;
            record = default;
            if (_reader is not null && _records.TryDequeue(out record))
            {
                record = record with { More = _records.Count > 0 };
                return true;
            }

            _atWork = false;
            if (_reader is null)
            {
                EndReading(failure: null);
            }

            return false;
        }
    }

    private void Forget(LogRecord record)
    {
        lock (_lock)
        {
            _read = record.Offset + 1;
            _bytes -= Cost(record.Value!);
            _drains.RemoveAll(drain => drain.Until <= _read && drain.Done.TrySetResult());
            while (_waiting.TryPeek(out var next) && (next.Answered || Fits(next.Value)))
            {
                _waiting.Dequeue();
                if (next.TryAnswer(AppendOutcome.Stored))
                {
                    Add(next.Value);
                }
            }
        }
    }

    /// <summary>Adds a record, and returns whether the caller has to start the reading. Without a reader, it is only counted.</summary>
    private bool Add(byte[] value)
    {
        var offset = _end++;
        if (_reader is null)
        {
            _read = _end;
            return false;
        }

        _records.Enqueue(new LogRecord(0, 0, offset, time.GetUtcNow().ToUnixTimeMilliseconds(), value));
        _bytes += Cost(value);
        return !_atWork && (_atWork = true);
    }

    private void StopReading()
    {
        lock (_lock)
        {
            _reader = null;
            if (!_atWork)
            {
                EndReading(failure: null);
            }
        }
    }

    private void EndReading(Exception? failure)
    {
        (_reader, _atWork, _bytes, _read) = (null, false, 0, _end);
        _records.Clear();
        _drains.ForEach(drain => drain.Done.TrySetResult());
        _drains.Clear();
        RefuseWaiting();
        _ = failure is null ? _ended!.TrySetResult() : _ended!.TrySetException(failure);
    }

    private void RefuseWaiting()
    {
        while (_waiting.TryDequeue(out var waiting))
        {
            waiting.TryAnswer(AppendOutcome.NotStored);
        }
    }

    private bool Fits(byte[] value) => _bytes == 0 || (_records.Count < MostUnread && _bytes + Cost(value) <= options.EmbeddedMaxBytes);

    /// <summary>
    /// The bytes of the value, and about those of an array and a slot in the queue: so many empty messages are bounded too.
    /// </summary>
    private static int Cost(byte[] value) => value.Length + 64;

    [LoggerMessage(1000, LogLevel.Warning,
        "Kafka is off: messages are kept in the memory of this node, up to {MaxBytes} bytes; they are lost when it stops, and no "
        + "other node sees them. With KAFKA_ENABLED=true they are kept in Kafka.", EventName = "EmbeddedLogStarted")]
    private partial void LogStarted(int maxBytes);
}
