using System.Threading.Channels;
using RigKafka.Log;

namespace RigKafka.Kafka;

/// <summary>
/// Folds the records of a table's topic into this node's copy. When the topic is another, or has
/// lost its end, it is read anew beside the copy, so that nobody sees the table go back in time.
/// What the copy has and the topic does not is then <em>lost</em>, until a node puts it back.
/// </summary>
/// <param name="state">The copy. Nobody else changes it.</param>
/// <param name="putsBack">Whether nodes put back what is lost. Removals are remembered then, so that a node that has
/// not seen one does not bring the entry back. Otherwise the node that wrote an entry writes it again.</param>
/// <param name="time">The clock.</param>
internal sealed class TableMemory(TableState state, bool putsBack, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Channel<bool> _bell =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly HashSet<string> _lost = [];
    private readonly TableRemovals _removals = new(time);
    private Dictionary<string, TableFold>? _anew;
    private TableReading _reading;
    private Action<string>? _onLost;
    private int _era;

    /// <summary>For how long removals are remembered.</summary>
    public TimeSpan Remembered
    {
        get => _removals.Remembered;
        set => _removals.Remembered = value;
    }

    /// <summary>How many entries this node's copy has.</summary>
    public int Count => state.Count;

    /// <summary>How many times the topic has been read anew.</summary>
    public int Era => Volatile.Read(ref _era);

    /// <summary>The lost keys: their last record, if there is one, differs from this node's copy.</summary>
    public IReadOnlyList<string> Lost
    {
        get
        {
            lock (_lock)
            {
                return [.. _lost];
            }
        }
    }

    /// <summary>Calls back for each key that a reading anew finds lost.</summary>
    public void WatchLosses(Action<string> onLost) => _onLost += onLost;

    /// <summary>Completes when something is lost.</summary>
    public async Task Losses(CancellationToken cancellation) => await _bell.Reader.ReadAsync(cancellation);

    /// <summary>The topic is read from its beginning. What is lost is known at its end.</summary>
    public void Begin(TableReading reading)
    {
        lock (_lock)
        {
            (_reading, _anew) = (reading, reading == TableReading.AtStart ? null : []);
            _era += reading == TableReading.AtStart ? 0 : 1;
            _lost.Clear();
        }
    }

    /// <summary>Takes the next record.</summary>
    public void Read(TableStep step)
    {
        lock (_lock)
        {
            if (_anew is { } anew)
            {
                anew[step.Key] = TableFold.After(anew.TryGetValue(step.Key, out var earlier) ? earlier : null, step);
                return;
            }

            var known = Known(step.Key);
            var now = TableFold.After(known, step);
            Take(step.Key, now, isNews: step is { IsPutBack: false, ExpiredBy: null } || !TableFold.AreSame(known?.Entry, now.Entry));
        }
    }

    /// <summary>Everything that was there when the reading began has been read.</summary>
    public void End()
    {
        lock (_lock)
        {
            if (_anew is not { } anew)
            {
                return;
            }

            _anew = null;
            foreach (var (key, found) in anew)
            {
                Merge(key, found);
            }

            foreach (var key in state.Keys.Where(key => !anew.ContainsKey(key)))
            {
                if (_reading == TableReading.AfterAbsence)
                {
                    state.Apply(new TableChange(key, null, _era));
                }
                else if (state.Get(key) is not null)
                {
                    Lose(key);
                }
            }

            foreach (var key in _lost)
            {
                _onLost?.Invoke(key);
            }
        }
    }

    /// <summary>What to write so that the topic has the entry in force under a key again; null when it has it, or need not.</summary>
    public TableFold? Owed(string key)
    {
        lock (_lock)
        {
            if (!_lost.Contains(key))
            {
                return null;
            }

            if (Known(key) is { } known && !IsExpired(known.Entry))
            {
                return known;
            }

            _lost.Remove(key);
            return null;
        }
    }

    /// <summary>Drops those of the keys that nobody has put back.</summary>
    /// <param name="keys">What was lost.</param>
    /// <param name="era">When it was. What was lost again since then is not dropped.</param>
    /// <returns>How many they were.</returns>
    public int Drop(IEnumerable<string> keys, int era)
    {
        lock (_lock)
        {
            if (era != _era)
            {
                return 0;
            }

            var dropped = keys.Where(_lost.Remove).ToArray();
            Array.ForEach(dropped, key => state.Apply(new TableChange(key, null, _era)));
            return dropped.Length;
        }
    }

    /// <summary>Says again that something is lost.</summary>
    public void Remind() => _bell.Writer.TryWrite(true);

    private void Merge(string key, TableFold found)
    {
        var known = Known(key);
        if (known is not { } mine || TableFold.AreSame(mine.Entry, found.Entry))
        {
            var written = Math.Max(found.Written, known?.Written ?? 0);
            Take(key, found with { Written = written }, isNews: known is null && found.Entry is not null);
            return;
        }

        // What was written to the topic after it was created again is newer. What was only put
        // back, or stood before the lost end, is as old as it says.
        var isNewer = _reading == TableReading.AfterAbsence
            || (_reading == TableReading.Recreated && !found.IsPutBack)
            || found.Written >= mine.Written;
        if (isNewer || IsExpired(mine.Entry))
        {
            Take(key, found with { Written = Math.Max(found.Written, mine.Written + 1) }, isNews: true);
        }
        else
        {
            Lose(key);
        }
    }

    private void Take(string key, TableFold now, bool isNews)
    {
        if (now.Entry is not null)
        {
            _removals.Forget(key);
        }
        else if (putsBack && now.Written > 0)
        {
            _removals.Remember(key, now.Written);
        }

        if (isNews)
        {
            state.Apply(new TableChange(key, now.Entry, _era), now.Written);
        }
        else
        {
            state.Keep(key, now.Entry, now.Written);
        }

        if (now.IsHeld)
        {
            _lost.Remove(key);
        }
        else
        {
            Lose(key);
        }
    }

    private void Lose(string key)
    {
        _lost.Add(key);
        Remind();
    }

    private TableFold? Known(string key) =>
        state.Find(key) is { } held ? new TableFold(held.Entry, held.Written)
        : _removals.Find(key) is { } written ? new TableFold(null, written)
        : null;

    private bool IsExpired(TableEntry? entry) => entry is { } there && there.Expires <= time.GetUtcNow();
}

/// <summary>Why the topic of a table is read from its beginning.</summary>
internal enum TableReading
{
    /// <summary>For the first time.</summary>
    AtStart,

    /// <summary>It was deleted and created again.</summary>
    Recreated,

    /// <summary>It has lost its end.</summary>
    Truncated,

    /// <summary>This node did not read for so long that the topic may have dropped removals that this node has not seen.</summary>
    AfterAbsence,
}
