using Confluent.Kafka;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Log;

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
    private readonly KafkaTableReader _reader;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly TaskCompletionSource _topicIsThere = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public KafkaTable(string name, TableTopic topic, LogOptions log, KafkaOptions kafka, NodeId node, GatewayMetrics metrics, TimeProvider time, ILoggerFactory loggers)
    {
        (Name, _topic, _kafka, _timeout, _time, _loggers) = (name, topic, kafka, log.PublishTimeout, time, loggers);
        _config = new KafkaConfig(log, kafka, node);
        _health = new KafkaHealth(time, loggers.CreateLogger<KafkaHealth>(), $"Table {name}: ");
        _writer = new KafkaWriter(_config, log, topic.Name, _health, time, loggers.CreateLogger<KafkaWriter>());
        _state = new TableState(time);
        _reader = new KafkaTableReader(name, topic.Name, _state, _health, metrics, loggers.CreateLogger<KafkaTableReader>());
    }

    public string Name { get; }

    public LogHealth Health => _health.Now;

    public Task CaughtUp => _reader.CaughtUp;

    public int Count => _state.Count;

    public IEnumerable<KeyValuePair<string, TableEntry>> Entries => _state.Entries;

    public TableEntry? Get(string key) => _state.Get(key);

    public IReadOnlyList<string> ExpiredFor(TimeSpan ago) => _state.ExpiredFor(ago);

    public Task<AppendOutcome> Put(string key, TableEntry entry) => Write(key, TableRecord.Value(entry));

    public Task<AppendOutcome> Remove(string key) => Write(key, null);

    public void Watch(Action<TableChange> onChange) => _state.Watch(onChange);

    public async Task Run(CancellationToken cancellation)
    {
        using var consumer = _reader.Build(_config.TableConsumer());
        await using var admin = new KafkaAdmin(consumer.Handle);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var watch = new KafkaTableWatch(_topic, new KafkaTopics(admin, _kafka), _kafka, _health, Place, _time, _loggers.CreateLogger<KafkaTableWatch>());
        _reader.Troubled += watch.Nudge;
        var watching = watch.Run(stop.Token);
        var reading = Task.Factory.StartNew(() => _reader.ReadOn(consumer, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAny(reading, watching);
        await stop.CancelAsync();
        await Task.WhenAll(reading, watching);
    }

    public void Dispose() => _writer.Dispose();

    private void Place(long end)
    {
        _reader.Place(end);
        _topicIsThere.TrySetResult();
    }

    private async Task<AppendOutcome> Write(string key, byte[]? value)
    {
        var since = _time.GetTimestamp();
        if (!await InTime(_topicIsThere.Task, since))
        {
            return AppendOutcome.NotStored;
        }

        var read = _reader.Next;
        var pending = _writer.Write(new Message<byte[], byte[]> { Key = TableRecord.Key(key), Value = value! });
        var outcome = await pending.Task;
        if (outcome != AppendOutcome.Stored)
        {
            return outcome;
        }

        // A place that was read before the write: the topic is another one than the reader knows, so that it says nothing of what was read.
        return pending.Offset >= read && await InTime(_reader.Passed(pending.Offset), since) ? AppendOutcome.Stored : AppendOutcome.Unknown;
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
}
