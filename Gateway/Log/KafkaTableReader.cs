using Confluent.Kafka;
using RigKafka.Telemetry;

namespace RigKafka.Log;

/// <summary>Reads the one partition of a table's topic, from its beginning and on, on a thread of its own.</summary>
internal sealed partial class KafkaTableReader(string table, string topic, TableState state, KafkaHealth health, GatewayMetrics metrics, ILogger<KafkaTableReader> logger)
{
    private const int PollMs = 100;
    private const long Nowhere = -1;

    private readonly TopicPartition _partition = new(topic, 0);
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly PriorityQueue<TaskCompletionSource, long> _waiting = new();
    private long _next;
    private long _end;
    private long _placeFor = Nowhere;

    /// <summary>Something is wrong that a look at the topic may explain.</summary>
    public event Action? Troubled;

    /// <summary>The offset that is read next.</summary>
    public long Next => Volatile.Read(ref _next);

    public Task CaughtUp => _caughtUp.Task;

    public IConsumer<byte[]?, byte[]?> Build(ConsumerConfig config) => new ConsumerBuilder<byte[]?, byte[]?>(config)
        .SetErrorHandler((_, error) => Notice(error))
        .SetLogHandler((_, line) => Notice(line))
        .Build();

    /// <summary>Has the topic read from its beginning.</summary>
    /// <param name="end">Where it ends now: whoever has read so far has caught up.</param>
    public void Place(long end) => Volatile.Write(ref _placeFor, end);

    /// <summary>Completes when the record at an offset has been read.</summary>
    public Task Passed(long offset)
    {
        lock (_lock)
        {
            if (_next > offset)
            {
                return Task.CompletedTask;
            }

            var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(passed, offset);
            return passed.Task;
        }
    }

    public void ReadOn(IConsumer<byte[]?, byte[]?> consumer, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            if (Interlocked.Exchange(ref _placeFor, Nowhere) is var end and not Nowhere)
            {
                consumer.Assign(new TopicPartitionOffset(_partition, Offset.Beginning));
                _end = end;
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
                LogReadFailed(topic, failure.Error.Reason);
                Troubled?.Invoke();
            }
        }
    }

    private void Take(ConsumeResult<byte[]?, byte[]?> result)
    {
        var offset = result.Offset.Value;
        if (result.IsPartitionEOF)
        {
            // Compaction may have removed the last records: then no record is left to show that the end was passed.
            MoveTo(offset, isEnd: true);
            return;
        }

        if (TableRecord.TryRead(result.Message.Key, result.Message.Value, out var change) is { } fault)
        {
            metrics.TableRecordSkipped(table, fault);
            LogSkipped(topic, offset, fault);
        }
        else
        {
            state.Apply(change);
        }

        MoveTo(offset + 1);
    }

    private void MoveTo(long next, bool isEnd = false)
    {
        lock (_lock)
        {
            Volatile.Write(ref _next, next);
            while (_waiting.TryPeek(out _, out var offset) && offset < next)
            {
                _waiting.Dequeue().TrySetResult();
            }
        }

        if ((isEnd || next >= _end) && _caughtUp.TrySetResult())
        {
            health.Placed();
            LogCaughtUp(table, state.Count, topic);
        }
    }

    private void Notice(LogMessage line)
    {
        health.Noticed(line);
        LogClient(line.Message);
    }

    private void Notice(Error error)
    {
        health.Noticed(error);
        if (error.Code is ErrorCode.Local_AllBrokersDown or ErrorCode.Local_Authentication)
        {
            health.OutOfReach(error);
            Troubled?.Invoke();
        }
    }

    [LoggerMessage(1050, LogLevel.Information, "Table {Table} has caught up: {Entries} entries in table topic {TableTopic}.", EventName = "TableCaughtUp")]
    private partial void LogCaughtUp(string table, int entries, string tableTopic);

    [LoggerMessage(1051, LogLevel.Warning, "Skipped the record at {TableTopic}/0/{Offset}: it is no entry of a table ({Fault}).", EventName = "TableRecordSkipped")]
    private partial void LogSkipped(string tableTopic, long offset, string fault);

    [LoggerMessage(1052, LogLevel.Warning, "Table topic {TableTopic}: {Reason}", EventName = "TableReadFailed")]
    private partial void LogReadFailed(string tableTopic, string reason);

    [LoggerMessage(1053, LogLevel.Debug, "{Line}", EventName = "KafkaClientTable")]
    private partial void LogClient(string line);
}
