using System.Collections.Concurrent;

namespace RigKafka.Log;

/// <summary>This node's copy of a table.</summary>
internal sealed class TableState(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, TableEntry> _entries = new();
    private Action<TableChange>? _changed;

    public int Count => _entries.Count;

    public IEnumerable<KeyValuePair<string, TableEntry>> Entries
    {
        get
        {
            var now = time.GetUtcNow();
            return _entries.Where(pair => pair.Value.Expires > now);
        }
    }

    public TableEntry? Get(string key) => _entries.TryGetValue(key, out var entry) && entry.Expires > time.GetUtcNow() ? entry : null;

    public IReadOnlyList<string> ExpiredFor(TimeSpan ago)
    {
        var until = time.GetUtcNow() - ago;
        return [.. _entries.Where(pair => pair.Value.Expires <= until).Select(pair => pair.Key)];
    }

    public void Watch(Action<TableChange> onChange) => _changed += onChange;

    /// <summary>Takes a change over and tells those who watch. By one thread at a time.</summary>
    public void Apply(TableChange change)
    {
        if (change.Entry is { } entry)
        {
            _entries[change.Key] = entry;
        }
        else
        {
            _entries.TryRemove(change.Key, out _);
        }

        _changed?.Invoke(change);
    }
}
