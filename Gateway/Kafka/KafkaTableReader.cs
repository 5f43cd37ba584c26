using Confluent.Kafka;
using RigKafka.Log;
using RigKafka.Telemetry;

namespace RigKafka.Kafka;

/// <summary>Reads the one partition of a table's topic from its beginning and follows it, on a thread of its own.</summary>
internal sealed partial class KafkaTableReader(
    TableDeclaration table, KafkaClients clients, TableMemory memory, KafkaHealth health, GatewayMetrics metrics)
{
    private const int PollMs = 100;

    private readonly ILogger _logger = clients.Logger<KafkaTableReader>();
    private readonly string _topic = table.Topic.Name;
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly PriorityQueue<TaskCompletionSource<bool>, long> _waiting = new();
    private (long End, TableReading Reading)? _placing;
    private long _next;
    private long _end;
    private bool _hasPlace;
    private bool _isBehind = true;
    private volatile bool _isLost;

    /// <summary>Something is wrong that a look at the topic may explain.</summary>
    public event Action? Troubled;

    /// <summary>The offset that is read next.</summary>
    public long Next
    {
        get
        {
            lock (_lock)
            {
                return _next;
            }
        }
    }

    /// <summary>The offset that is read next; null until the reader has read all that was there when it was placed.</summary>
    public long? Following
    {
        get
        {
            lock (_lock)
            {
                return _isBehind ? null : _next;
            }
        }
    }

    /// <summary>Whether the reader's place is no longer in the log. It waits for another.</summary>
    public bool IsLost => _isLost;

    public Task CaughtUp => _caughtUp.Task;

    /// <summary>What it reads goes here.</summary>
    public TableMemory Memory => memory;

    public IConsumer<byte[]?, byte[]?> NewConsumer() =>
        KafkaClients.Consumer<byte[]?, byte[]?>(clients.Config.TableConsumer(), health, LogClient, OnError);

    /// <summary>Sends the reader to the beginning of the topic.</summary>
    /// <param name="end">Where it ends now: when the reader has read up to here, it has caught up.</param>
    /// <param name="reading">Why.</param>
    /// <param name="isSameLog">Whether the records still have their offsets.</param>
    public void Place(long end, TableReading reading, bool isSameLog)
    {
        lock (_lock)
        {
            (_placing, _next, _isBehind, _isLost) = ((end, reading), 0, true, false);
            while (!isSameLog && _waiting.TryDequeue(out var waiting, out _))
            {
                // Their records were written to a log that may be gone.
                waiting.TrySetResult(false);
            }
        }
    }

    /// <summary>
    /// Completes with true when the record at an offset has been read; with false when the topic turns out to be another before that.
    /// </summary>
    public Task<bool> Passed(long offset)
    {
        lock (_lock)
        {
            if (_next > offset && !_isBehind)
            {
                return Task.FromResult(true);
            }

            var passed = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(passed, offset);
            return passed.Task;
        }
    }

    /// <summary>Reads from its place on, once it has one, until it is cancelled.</summary>
    public void ReadOn(IConsumer<byte[]?, byte[]?> consumer, CancellationToken cancellation)
    {
        if (_hasPlace)
        {
            // What the consumer before this one said last may be about the former topic.
            _isLost = false;
            consumer.Assign(new TopicPartitionOffset(_topic, 0, Next is var next and > 0 ? next : Offset.Beginning));
        }

        while (!cancellation.IsCancellationRequested)
        {
            if (TakePlacing() is var (end, reading))
            {
                consumer.Assign(new TopicPartitionOffset(_topic, 0, Offset.Beginning));
                memory.Begin(reading);
                (_end, _hasPlace) = (end, true);
                MoveTo(0);
            }

            try
            {
                if (consumer.Consume(PollMs) is { } result)
                {
                    Take(result);
                }
            }
            catch (ConsumeException failure)
            {
                var isLost = LostPlace.IsLost(failure.Error);
                _isLost |= isLost;
                if (isLost || clients.Trouble.Admits($"{_topic}: {failure.Error.Code}"))
                {
                    LogReadFailed(_topic, failure.Error.Reason);
                }

                Troubled?.Invoke();
            }
        }
    }

    private void Take(ConsumeResult<byte[]?, byte[]?> result)
    {
        var offset = result.Offset.Value;
        if (result.IsPartitionEOF)
        {
            // Compaction may have removed the last records, so that no record shows that the end was passed.
            MoveTo(offset, isEnd: true);
            return;
        }

        if (TableRecord.TryRead(result.Message.Key, result.Message.Value, out var change) is { } fault)
        {
            metrics.TableRecordSkipped(table.Name, fault);
            LogSkipped(_topic, offset, fault);
        }
        else
        {
            memory.Read(TableRecord.Step(change, result.Message));
        }

        MoveTo(offset + 1);
    }

    private (long End, TableReading Reading)? TakePlacing()
    {
        lock (_lock)
        {
            var placing = _placing;
            _placing = null;
            return placing;
        }
    }

    private void MoveTo(long next, bool isEnd = false)
    {
        lock (_lock)
        {
            if (_placing is not null)
            {
                return;
            }

            if (_isBehind && (isEnd || next >= _end))
            {
                memory.End();
                _isBehind = false;
            }

            _next = next;
            while (!_isBehind && _waiting.TryPeek(out _, out var offset) && offset < next)
            {
                _waiting.Dequeue().TrySetResult(true);
            }

            if (_isBehind)
            {
                return;
            }
        }

        if (_caughtUp.TrySetResult())
        {
            health.Placed();
            LogCaughtUp(table.Name, memory.Count, _topic);
        }
    }

    private void OnError(bool isOutOfReach)
    {
        if (isOutOfReach)
        {
            Troubled?.Invoke();
        }
    }

    [LoggerMessage(1050, LogLevel.Information,
        "Table {Table} has caught up: {Entries} entries in table topic {TableTopic}.", EventName = "TableCaughtUp")]
    private partial void LogCaughtUp(string table, int entries, string tableTopic);

    [LoggerMessage(1051, LogLevel.Warning,
        "Skipped the record at {TableTopic}/0/{Offset}: it is not an entry of a table ({Fault}).", EventName = "TableRecordSkipped")]
    private partial void LogSkipped(string tableTopic, long offset, string fault);

    [LoggerMessage(1052, LogLevel.Warning, "Table topic {TableTopic}: {Reason}", EventName = "TableReadFailed")]
    private partial void LogReadFailed(string tableTopic, string reason);

    [LoggerMessage(1053, LogLevel.Debug, "{Line}", EventName = "KafkaClientTable")]
    private partial void LogClient(string line);
}
