using System.Collections.Concurrent;
using System.Threading.Channels;
using RigKafka.Log;

namespace RigKafka.Presence;

/// <summary>
/// What ought to stand in a table in this node's name, and the keys under which the table differs: those are to be written.
/// </summary>
internal sealed class PresenceDifference(ITable table)
{
    private readonly ConcurrentDictionary<string, byte[]> _wanted = new();
    private readonly Channel<bool> _bell =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>The innermost lock: the table reports its changes while it holds locks of its own.</summary>
    private readonly Lock _lock = new();

    /// <summary>
    /// Keys for which this node's copy of the table may be wrong: a write is under way, or
    /// its outcome is unknown, or the table's log was lost.
    /// </summary>
    private readonly HashSet<string> _doubtful = [];

    private HashSet<string> _different = [];

    public byte[]? Wanted(string key) => _wanted.GetValueOrDefault(key);

    public void Want(string key, byte[] value)
    {
        _wanted[key] = value;
        Compare(key);
    }

    /// <summary>Wants a value that the caller is about to write.</summary>
    public void Expect(string key, byte[] value) => _wanted[key] = value;

    public void Unwant(string key)
    {
        if (_wanted.TryRemove(key, out _))
        {
            Compare(key);
        }
    }

    /// <summary>The table has a new value under a key.</summary>
    public void OnChange(TableChange change)
    {
        if (change.Entry is { } entry && _wanted.TryGetValue(change.Key, out var wanted) && entry.Value.AsSpan().SequenceEqual(wanted))
        {
            // The table holds equal bytes: one copy is enough.
            _wanted.TryUpdate(change.Key, entry.Value, wanted);
        }

        Compare(change.Key);
    }

    /// <summary>The table's log may have lost what this node's copy still has.</summary>
    public void Doubt(string key)
    {
        lock (_lock)
        {
            _doubtful.Add(key);
            Compare(key);
        }
    }

    /// <summary>Looks whether the table differs under a key. For every moment at which that may have changed.</summary>
    public void Compare(string key)
    {
        lock (_lock)
        {
            if (IsSettled(key))
            {
                _different.Remove(key);
            }
            else if (_different.Add(key))
            {
                _bell.Writer.TryWrite(true);
            }
        }
    }

    /// <summary>
    /// The keys that are to be written, as soon as there are any. Keys that become different
    /// later are for the next call, so that no key waits for ever.
    /// </summary>
    public async Task<HashSet<string>> Take(CancellationToken cancellation)
    {
        await _bell.Reader.ReadAsync(cancellation);
        lock (_lock)
        {
            var taken = _different;
            _different = [];
            return taken;
        }
    }

    /// <summary>
    /// Those of the keys that still differ, and whether each was doubtful before. All of them are doubtful while they are written.
    /// </summary>
    public IReadOnlyList<(string Key, bool WasDoubtful)> Begin(IEnumerable<string> keys)
    {
        lock (_lock)
        {
            return [.. keys.Where(key => !IsSettled(key)).Select(key => (key, !_doubtful.Add(key)))];
        }
    }

    /// <summary>The write of a key has ended. A value that is too large is not tried again before it changes.</summary>
    public void End(string key, bool wasDoubtful, AppendOutcome outcome)
    {
        lock (_lock)
        {
            if (outcome == AppendOutcome.Stored || (outcome != AppendOutcome.Unknown && !wasDoubtful))
            {
                _doubtful.Remove(key);
            }

            if (outcome != AppendOutcome.TooLarge)
            {
                Compare(key);
            }
        }
    }

    private bool IsSettled(string key) =>
        !_doubtful.Contains(key)
        && (table.Get(key), _wanted.GetValueOrDefault(key)) switch
        {
            ({ } there, { } wanted) => there.Value.AsSpan().SequenceEqual(wanted),
            var (there, wanted) => there is null && wanted is null,
        };
}
