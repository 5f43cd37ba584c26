using Confluent.Kafka;
using RigKafka.Log;
using RigKafka.Telemetry;

namespace RigKafka.Kafka;

/// <summary>A table on Kafka: a compacted topic with one partition, which every node reads from the beginning and follows.</summary>
internal sealed class KafkaTable : ITable, IDisposable
{
    private readonly TableDeclaration _table;
    private readonly KafkaClients _clients;
    private readonly TimeProvider _time;
    private readonly KafkaHealth _health;
    private readonly KafkaWriter _writer;
    private readonly TableState _state;
    private readonly TableMemory _memory;
    private readonly KafkaTableReader _reader;
    private readonly Lock _writing = new();

    /// <summary>Writes that wait for the topic, in the order of the calls; null once the topic is there.</summary>
    private LinkedList<EarlyWrite>? _early = new();

    public KafkaTable(TableDeclaration table, KafkaClients clients, GatewayMetrics metrics)
    {
        (_table, _clients, _time) = (table, clients, clients.Time);
        _health = clients.Health($"Table {table.Name}: ");
        _writer = new KafkaWriter(clients, table.Topic.Name, _health);
        _state = new TableState(_time);
        _memory = new TableMemory(_state, table.Topic.PutsBack, _time);
        _reader = new KafkaTableReader(table, clients, _memory, _health, metrics);
    }

    public string Name => _table.Name;

    public LogHealth Health => _health.Now;

    public Task CaughtUp => _reader.CaughtUp;

    public int Count => _state.Count;

    public IEnumerable<KeyValuePair<string, TableEntry>> Entries => _state.Entries;

    public TableEntry? Get(string key) => _state.Get(key);

    public IReadOnlyList<string> ExpiredFor(TimeSpan ago) => _state.ExpiredFor(ago);

    public Task<AppendOutcome> Put(string key, TableEntry entry) => Write(TableRecord.Put(key, entry));

    public Task<AppendOutcome> Remove(string key) => Write(TableRecord.Removal(key));

    public Task<AppendOutcome> RemoveExpired(string key, TimeSpan ago) =>
        _state.HasExpired(key, ago)
            ? Write(TableRecord.Removal(key, expiredBy: _time.GetUtcNow() - ago))
            : Task.FromResult(AppendOutcome.Stored);

    public void Watch(Action<TableChange> onChange) => _state.Watch(onChange);

    public void WatchLosses(Action<string> onLost) => _memory.WatchLosses(onLost);

    public async Task Run(CancellationToken cancellation)
    {
        var loop = new LookLoop(_clients.Time, _health, _clients.Options.MetadataRefresh);
        var watch = new KafkaTableWatch(_table.Topic, _clients, _reader, loop);
        var mending = new KafkaTableMending(_table, _clients, _reader, _writer);
        watch.Placed += WriteEarly;
        _reader.Troubled += loop.Nudge;
        KafkaTopics? topics = null;
        while (await _clients.Next(_reader.NewConsumer, topics, _health, cancellation) is { } next)
        {
            await using var client = next;
            if (topics is not null)
            {
                _writer.Renew();
            }

            topics = client.Topics;
            await Run(client, watch, mending, cancellation);
        }
    }

    private async Task Run(
        KafkaConsumer<byte[]?, byte[]?> client, KafkaTableWatch watch, KafkaTableMending mending, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var watching = watch.Run(client.Topics, stop.Token);
        var putting = mending.Run(client.Topics, stop.Token);
        var reading = OwnThread.Run(() => _reader.ReadOn(client.Consumer, stop.Token));
        await Task.WhenAny(reading, watching, putting);
        await stop.CancelAsync();
        await Task.WhenAll(reading, watching, putting);
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

        // An offset before the reader's place: the topic is another than the reader knows, so its
        // place does not say that the record was read.
        var passed = pending.Offset >= read ? _reader.Passed(pending.Offset) : Task.FromResult(false);
        return await InTime(passed, since) && await passed ? AppendOutcome.Stored : AppendOutcome.Unknown;
    }

    /// <summary>
    /// Hands a record to the writer. Returns the offset that the reader was at just before; null when the topic was not there in time.
    /// </summary>
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
            var left = _clients.Log.PublishTimeout - _time.GetElapsedTime(since);
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
        public TaskCompletionSource<(PendingAppend Pending, long Read)> Handed { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
