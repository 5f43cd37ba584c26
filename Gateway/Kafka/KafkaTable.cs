using Confluent.Kafka;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Kafka;

/// <summary>A table on Kafka: a compacted topic with one partition, which every node reads from the beginning and follows.</summary>
internal sealed class KafkaTable : ITable, IDisposable
{
    private readonly KafkaConfig _config;
    private readonly KafkaOptions _kafka;
    private readonly TimeSpan _timeout;
    private readonly TableTopic _topic;
    private readonly KafkaHealth _health;
    private readonly KafkaWriter _writer;
    private readonly TableState _state;
    private readonly TableMemory _memory;
    private readonly KafkaTableReader _reader;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly Lock _writing = new();

    /// <summary>What is to be written once the topic is there, in the order of the calls; null once it is.</summary>
    private LinkedList<EarlyWrite>? _early = new();

    public KafkaTable(string name, TableTopic topic, LogOptions log, KafkaOptions kafka, NodeId node, GatewayMetrics metrics, TimeProvider time, ILoggerFactory loggers)
    {
        (Name, _topic, _kafka, _timeout, _time, _loggers) = (name, topic, kafka, log.PublishTimeout, time, loggers);
        _config = new KafkaConfig(log, kafka, node);
        _health = new KafkaHealth(time, loggers.CreateLogger<KafkaHealth>(), $"Table {name}: ");
        _writer = new KafkaWriter(_config, log, topic.Name, _health, time, loggers.CreateLogger<KafkaWriter>());
        _state = new TableState(time);
        _memory = new TableMemory(_state, topic.PutsBack, time);
        _reader = new KafkaTableReader(name, topic.Name, _state, _memory, _health, metrics, loggers.CreateLogger<KafkaTableReader>());
    }

    public string Name { get; }

    public LogHealth Health => _health.Now;

    public Task CaughtUp => _reader.CaughtUp;

    public int Count => _state.Count;

    public IEnumerable<KeyValuePair<string, TableEntry>> Entries => _state.Entries;

    public TableEntry? Get(string key) => _state.Get(key);

    public IReadOnlyList<string> ExpiredFor(TimeSpan ago) => _state.ExpiredFor(ago);

    public Task<AppendOutcome> Put(string key, TableEntry entry) => Write(TableRecord.Put(key, entry));

    public Task<AppendOutcome> Remove(string key) => Write(TableRecord.Removal(key));

    public Task<AppendOutcome> RemoveExpired(string key, TimeSpan ago) =>
        _state.HasExpired(key, ago) ? Write(TableRecord.Removal(key, expiredBy: _time.GetUtcNow() - ago)) : Task.FromResult(AppendOutcome.Stored);

    public void Watch(Action<TableChange> onChange) => _state.Watch(onChange);

    public void WatchLosses(Action<string> onLost) => _memory.WatchLosses(onLost);

    public async Task Run(CancellationToken cancellation)
    {
        using var consumer = _reader.Build(_config.TableConsumer());
        await using var admin = new KafkaAdmin(consumer.Handle);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var topics = new KafkaTopics(admin, _kafka);
        var watch = new KafkaTableWatch(_topic, topics, _kafka, _health, _reader, _memory, _time, _loggers.CreateLogger<KafkaTableWatch>());
        watch.Placed += WriteEarly;
        _reader.Troubled += watch.Nudge;
        var watching = watch.Run(stop.Token);
        var mending = new KafkaTableMending(Name, _topic, _memory, _reader, topics, _writer, _time, _loggers.CreateLogger<KafkaTableMending>()).Run(stop.Token);
        var reading = Task.Factory.StartNew(() => _reader.ReadOn(consumer, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAny(reading, watching, mending);
        await stop.CancelAsync();
        await Task.WhenAll(reading, watching, mending);
    }

    public void Dispose() => _writer.Dispose();

    private async Task<AppendOutcome> Write(Message<byte[], byte[]> record)
    {
        var since = _time.GetTimestamp();
        if (await Hand(record, since) is not var (pending, read))
        {
            return AppendOutcome.NotStored;
        }

        var outcome = await pending.Task;
        if (outcome != AppendOutcome.Stored)
        {
            return outcome;
        }

        // A place that was read before the write: the topic is another one than the reader knows, so that it says nothing of what was read.
        var passed = pending.Offset >= read ? _reader.Passed(pending.Offset) : Task.FromResult(false);
        return await InTime(passed, since) && await passed ? AppendOutcome.Stored : AppendOutcome.Unknown;
    }

    /// <summary>Hands a record to the writer, with the place that was read next just before; null when the topic was not there in time.</summary>
    private async ValueTask<(PendingAppend Pending, long Read)?> Hand(Message<byte[], byte[]> record, long since)
    {
        LinkedListNode<EarlyWrite> early;
        lock (_writing)
        {
            if (_early is null)
            {
                return HandNow(record);
            }

            early = _early.AddLast(new EarlyWrite(record));
        }

        if (!await InTime(early.Value.Handed.Task, since))
        {
            lock (_writing)
            {
                if (_early is not null)
                {
                    _early.Remove(early);
                    return null;
                }
            }
        }

        return await early.Value.Handed.Task;
    }

    private (PendingAppend Pending, long Read) HandNow(Message<byte[], byte[]> record)
    {
        var read = _reader.Next;
        return (_writer.Write(record), read);
    }

    private void WriteEarly()
    {
        lock (_writing)
        {
            foreach (var write in _early ?? [])
            {
                write.Handed.TrySetResult(HandNow(write.Record));
            }

            _early = null;
        }
    }

    private async Task<bool> InTime(Task task, long since)
    {
        if (task.IsCompleted)
        {
            return true;
        }

        try
        {
            var left = _timeout - _time.GetElapsedTime(since);
            await task.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>A record that waits for its topic.</summary>
    private sealed record EarlyWrite(Message<byte[], byte[]> Record)
    {
        public TaskCompletionSource<(PendingAppend Pending, long Read)> Handed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
