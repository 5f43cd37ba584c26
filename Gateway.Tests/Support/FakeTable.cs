using RigKafka.Log;

namespace RigKafka.Tests.Support;

/// <summary>A table whose writes end as the test says. Another node's writes are those made to what it wraps.</summary>
internal sealed class FakeTable(TimeProvider time) : ITable
{
    private TaskCompletionSource<AppendOutcome>? _held;
    private Action<string>? _lost;

    /// <summary>What every node has.</summary>
    public EmbeddedTable Shared { get; } = new("blacklist", time);

    public string Name => Shared.Name;

    public LogHealth Health => Shared.Health;

    public TaskCompletionSource Ready { get; } = new();

    public Task CaughtUp => Ready.Task;

    public int Count => Shared.Count;

    public IEnumerable<KeyValuePair<string, TableEntry>> Entries => Shared.Entries;

    /// <summary>How writes end; those that are not stored change nothing.</summary>
    public AppendOutcome Outcome { get; set; } = AppendOutcome.Stored;

    public int Writes { get; private set; }

    public TableEntry? Get(string key) => Shared.Get(key);

    public IReadOnlyList<string> ExpiredFor(TimeSpan ago) => Shared.ExpiredFor(ago);

    /// <summary>Has writes wait.</summary>
    public void Hold() => _held = new TaskCompletionSource<AppendOutcome>();

    public void LetGo()
    {
        var held = _held!;
        _held = null;
        held.SetResult(Outcome);
    }

    public Task<AppendOutcome> Put(string key, TableEntry entry) => Write(() => Shared.Put(key, entry));

    public Task<AppendOutcome> Remove(string key) => Write(() => Shared.Remove(key));

    public Task<AppendOutcome> RemoveExpired(string key, TimeSpan ago) => Write(() => Shared.RemoveExpired(key, ago));

    /// <summary>As a node that starts later reads it: from the beginning.</summary>
    public void Watch(Action<TableChange> onChange)
    {
        foreach (var (key, entry) in Shared.Entries)
        {
            onChange(new TableChange(key, entry));
        }

        Shared.Watch(onChange);
    }

    /// <summary>Has the log lose a key that the copies of all nodes still have.</summary>
    public void Lose(string key) => _lost?.Invoke(key);

    public void WatchLosses(Action<string> onLost) => _lost += onLost;

    public Task Run(CancellationToken cancellation) => Shared.Run(cancellation);

    private async Task<AppendOutcome> Write(Func<Task<AppendOutcome>> write)
    {
        Writes++;
        var outcome = _held is { } held ? await held.Task : Outcome;
        return outcome == AppendOutcome.Stored ? await write() : outcome;
    }
}
