using RigKafka.Log;

namespace RigKafka.Tests.Apis;

/// <summary>
/// A table that several nodes share in one process. Writes can be held, so that each is made without knowledge of the other.
/// </summary>
internal sealed class HeldTable
{
    private readonly List<Action<TableChange>> _watchers = [];
    private readonly Dictionary<string, TableEntry> _last = [];
    private readonly Queue<Action> _queue = new();
    private TaskCompletionSource? _held;
    private int _replayed;

    public int Written { get; private set; }

    public ITable Copy() => new Node(this);

    /// <summary>Tells every node of a change, whatever the table has.</summary>
    public void Tell(TableChange change) => _watchers.ForEach(watcher => watcher(change));

    public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release()
    {
        var held = _held!;
        _held = null;
        held.SetResult();
    }

    /// <summary>Tells the latest node what compaction would have kept.</summary>
    public void Replay()
    {
        foreach (var watcher in _watchers[_replayed..])
        {
            foreach (var (key, entry) in _last)
            {
                watcher(new TableChange(key, entry));
            }
        }

        _replayed = _watchers.Count;
    }

    public Task<AppendOutcome> Put(string key, TableEntry entry)
    {
        var done = new TaskCompletionSource<AppendOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        // In the order of the calls, whichever continuation comes first.
        lock (_queue)
        {
            _queue.Enqueue(() => Apply(key, entry, done));
        }

        if (_held is { } held)
        {
            held.Task.ContinueWith(_ => Drain(), TaskScheduler.Default);
        }
        else
        {
            Drain();
        }

        return done.Task;
    }

    private void Drain()
    {
        lock (_queue)
        {
            while (_queue.TryDequeue(out var write))
            {
                write();
            }
        }
    }

    private void Apply(string key, TableEntry entry, TaskCompletionSource<AppendOutcome> done)
    {
        Written++;
        _last[key] = entry;
        _watchers.ForEach(watcher => watcher(new TableChange(key, entry)));
        done.SetResult(AppendOutcome.Stored);
    }

    private sealed class Node(HeldTable table) : ITable
    {
        public string Name => "held";

        public LogHealth Health => new(true, null);

        public Task CaughtUp => Task.CompletedTask;

        public int Count => table._last.Count;

        public IEnumerable<KeyValuePair<string, TableEntry>> Entries => table._last;

        public TableEntry? Get(string key) => table._last.TryGetValue(key, out var entry) ? entry : null;

        public IReadOnlyList<string> ExpiredFor(TimeSpan ago) => [];

        public Task<AppendOutcome> Put(string key, TableEntry entry) => table.Put(key, entry);

        public Task<AppendOutcome> Remove(string key) => throw new NotSupportedException();

        public Task<AppendOutcome> RemoveExpired(string key, TimeSpan ago) => throw new NotSupportedException();

        public void Watch(Action<TableChange> onChange) => table._watchers.Add(onChange);

        public void WatchLosses(Action<string> onLost) => throw new NotSupportedException();

        public Task Run(CancellationToken cancellation) => Task.CompletedTask;
    }
}
