using System.Collections.Concurrent;

namespace RigKafka.Log;

/// <summary>This node's copy of a table.</summary>
internal sealed class TableState(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, (TableEntry Entry, long Written)> _entries = new();
    private Action<TableChange>? _changed;

    public int Count => _entries.Count;

    /// <summary>The keys of all entries, expired or not.</summary>
    public IEnumerable<string> Keys => _entries.Select(pair => pair.Key);

    public IEnumerable<KeyValuePair<string, TableEntry>> Entries
    {
        get
        {
            var now = time.GetUtcNow();
            return _entries.Where(pair => pair.Value.Entry.Expires > now).Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Entry));
        }
    }

    public TableEntry? Get(string key) =>
        _entries.TryGetValue(key, out var held) && held.Entry.Expires > time.GetUtcNow() ? held.Entry : null;

    /// <summary>The entry under a key, expired or not, and when it was written; 0 where that is not known.</summary>
    public (TableEntry Entry, long Written)? Find(string key) => _entries.TryGetValue(key, out var held) ? held : null;

    public bool HasExpired(string key, TimeSpan ago) =>
        _entries.TryGetValue(key, out var held) && held.Entry.Expires <= time.GetUtcNow() - ago;

    public IReadOnlyList<string> ExpiredFor(TimeSpan ago)
    {
        var until = time.GetUtcNow() - ago;
        return [.. _entries.Where(pair => pair.Value.Entry.Expires <= until).Select(pair => pair.Key)];
    }

    public void Watch(Action<TableChange> onChange) => _changed += onChange;

    /// <summary>Takes a change, and tells those who watch. One thread at a time.</summary>
    /// <param name="change">The change.</param>
    /// <param name="written">When it was written.</param>
    public void Apply(TableChange change, long written = 0)
    {
        Keep(change.Key, change.Entry, written);
        _changed?.Invoke(change);
    }

    /// <summary>Takes a change of which those who watch need not hear. One thread at a time.</summary>
    public void Keep(string key, TableEntry? entry, long written)
    {
        if (entry is { } kept)
        {
            _entries[key] = (kept, written);
        }
        else
        {
            _entries.TryRemove(key, out _);
        }
    }
}
