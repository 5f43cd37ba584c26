namespace RigKafka.Log;

/// <summary>A table without Kafka: only this node has it, and it is gone when the process ends.</summary>
internal sealed class EmbeddedTable(string name, TimeProvider time) : ITable
{
    private static readonly LogHealth Well = new(true, null);

    private readonly TableState _state = new(time);
    private readonly Lock _writing = new();

    public string Name => name;

    public LogHealth Health => Well;

    public Task CaughtUp => Task.CompletedTask;

    public int Count => _state.Count;

    public IEnumerable<KeyValuePair<string, TableEntry>> Entries => _state.Entries;

    public TableEntry? Get(string key) => _state.Get(key);

    public IReadOnlyList<string> ExpiredFor(TimeSpan ago) => _state.ExpiredFor(ago);

    public Task<AppendOutcome> Put(string key, TableEntry entry) => Write(new TableChange(key, entry));

    public Task<AppendOutcome> Remove(string key) => Write(new TableChange(key, null));

    public Task<AppendOutcome> RemoveExpired(string key, TimeSpan ago)
    {
        lock (_writing)
        {
            return _state.HasExpired(key, ago) ? Write(new TableChange(key, null)) : Task.FromResult(AppendOutcome.Stored);
        }
    }

    public void Watch(Action<TableChange> onChange) => _state.Watch(onChange);

    /// <summary>A table in memory loses nothing while this node runs.</summary>
    public void WatchLosses(Action<string> onLost)
    {
    }

    public Task Run(CancellationToken cancellation) => Task.CompletedTask;

    private Task<AppendOutcome> Write(TableChange change)
    {
        lock (_writing)
        {
            _state.Apply(change);
        }

        return Task.FromResult(AppendOutcome.Stored);
    }
}
