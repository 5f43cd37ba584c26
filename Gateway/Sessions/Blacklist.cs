using System.Collections.Concurrent;
using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Log;

namespace RigKafka.Sessions;

/// <summary>
/// Who is no longer let in although their token is good. An entry holds on this node from the first moment, is then written to the table,
/// and holds on every node that has read it from there. A write never shortens what is known; only letting in again does.
/// </summary>
/// <remarks>
/// No connection slips through: an entry is there before the connections that it ends are looked for, and a connection can be found
/// (<see cref="ConnectionRegistry.Add"/>) before it is checked (<see cref="Refuses(Identity)"/>).
/// </remarks>
internal sealed class Blacklist
{
    /// <summary>The name of the table.</summary>
    public const string TableName = "blacklist";

    private readonly ITable _table;
    private readonly SessionEnder _ender;
    private readonly TimeProvider _time;

    /// <summary>Held until the table has what is to be written, so that nothing shorter comes last. Taken before any other lock.</summary>
    private readonly Lock _writing = new();

    /// <summary>Taken last: the table may hold a lock of its own while it tells of a change.</summary>
    private readonly Lock _changing = new();

    /// <summary>What holds here and is not known to be in the table. Changed under the lock <see cref="_changing"/> only.</summary>
    private readonly ConcurrentDictionary<string, Unwritten> _unwritten = new();

    public Blacklist([FromKeyedServices(TableName)] ITable table, ConnectionRegistry registry, TimeProvider time, ILogger<Blacklist> logger)
    {
        (_table, _ender, _time) = (table, new SessionEnder(registry.SessionIndex, logger), time);
        table.Watch(OnChange);
    }

    /// <summary>Whether this node knows who is on it; before that nobody can be let in.</summary>
    public bool IsCaughtUp => _table.CaughtUp.IsCompleted;

    /// <summary>An entry was added, on any node, and holds already. For those that hold calls; it may be said twice.</summary>
    public event Action? Added;

    /// <summary>Everybody who is on it, in no order.</summary>
    public IEnumerable<KeyValuePair<BlacklistKey, BlacklistEntry>> Entries =>
        from text in _table.Entries.Select(pair => pair.Key).Concat(_unwritten.Keys).Distinct()
        let key = BlacklistKey.TryParse(text)
        where key is not null
        let entry = Find(key.Value)
        where entry is not null
        select KeyValuePair.Create(key.Value, entry.Value);

    public bool Refuses(Identity identity) =>
        Find(BlacklistKey.OfSession(identity.Session)) is not null
        || (identity.User is { } user && Find(BlacklistKey.OfUser(user)) is { } entry && entry.Covers(identity.IssuedAt));

    /// <summary>Ends a connection whose token has been put on it since it was accepted.</summary>
    public void EndIfRefused(Connection connection, Identity identity)
    {
        if (Refuses(identity))
        {
            var session = BlacklistKey.OfSession(identity.Session);
            _ = _ender.End(Find(session) is null && identity.User is { } user ? BlacklistKey.OfUser(user) : session, [connection]);
        }
    }

    /// <summary>What the blacklist says of one of them; null when they are not on it.</summary>
    public BlacklistEntry? Find(BlacklistKey key)
    {
        var text = key.Text;
        // In this order: what leaves the first of the two is in the second by then.
        var here = _unwritten.TryGetValue(text, out var unwritten) && unwritten.Entry.Expires > _time.GetUtcNow()
            ? unwritten.Entry : (BlacklistEntry?)null;
        var everywhere = _table.Get(text) is { } stored ? BlacklistEntry.Of(stored) : null;
        return here is { } one && everywhere is { } other ? one.Or(other) : here ?? everywhere;
    }

    /// <summary>
    /// Refuses their tokens and ends their connections. When it completes no connection of theirs is open on this node, whatever the
    /// outcome; stored means that it holds on all nodes and after restarts.
    /// </summary>
    public async Task<(AppendOutcome Outcome, BlacklistEntry Entry)> Add(BlacklistKey key, BlacklistEntry wanted)
    {
        wanted = wanted.InWholeMilliseconds();
        Task ended;
        Task<AppendOutcome> writing;
        BlacklistEntry written;
        lock (_writing)
        {
            written = Begin(key, wanted);
            ended = EndConnections(key, written);
            writing = _table.Put(key.Text, written.ToEntry());
        }

        var outcome = await writing;
        while (outcome == AppendOutcome.Stored && Extend(key, ref written) is { } extending)
        {
            outcome = await extending;
        }

        Settle(key, outcome == AppendOutcome.Stored ? written : null);
        await ended;
        return (outcome, written);
    }

    /// <summary>Takes them off the list.</summary>
    public async Task<AppendOutcome> Remove(BlacklistKey key)
    {
        var outcome = await _table.Remove(key.Text);
        if (outcome == AppendOutcome.Stored)
        {
            Forget(key.Text);
        }

        return outcome;
    }

    /// <summary>From here on it holds on this node.</summary>
    private BlacklistEntry Begin(BlacklistKey key, BlacklistEntry wanted)
    {
        lock (_changing)
        {
            ForgetExpired();
            var entry = Find(key) is { } known ? known.Or(wanted) : wanted;
            _unwritten[key.Text] = new Unwritten(entry, Writes: _unwritten.GetValueOrDefault(key.Text).Writes + 1);
            return entry;
        }
    }

    /// <summary>Writes again what became known during a write, which may have overwritten it; null when there is no need.</summary>
    private Task<AppendOutcome>? Extend(BlacklistKey key, ref BlacklistEntry written)
    {
        lock (_writing)
        {
            if (!_unwritten.TryGetValue(key.Text, out var now) || now.Entry == written)
            {
                return null;
            }

            written = now.Entry;
            return _table.Put(key.Text, written.ToEntry());
        }
    }

    private void Settle(BlacklistKey key, BlacklistEntry? written)
    {
        lock (_changing)
        {
            if (!_unwritten.TryGetValue(key.Text, out var now))
            {
                return;
            }

            if (now.Writes == 1 && now.Entry == written)
            {
                _unwritten.TryRemove(key.Text, out _);
            }
            else
            {
                _unwritten[key.Text] = now with { Writes = now.Writes - 1 };
            }
        }
    }

    private void OnChange(TableChange change)
    {
        if (BlacklistKey.TryParse(change.Key) is not { } key)
        {
            return;
        }

        if (change.Entry is not { } stored)
        {
            Forget(change.Key);
        }
        else if (BlacklistEntry.Of(stored) is { } entry && entry.Expires > _time.GetUtcNow())
        {
            Merge(change.Key, entry);
            _ = EndConnections(key, entry);
        }
    }

    private void Merge(string key, BlacklistEntry read)
    {
        lock (_changing)
        {
            if (_unwritten.TryGetValue(key, out var mine))
            {
                var both = mine.Entry.Or(read);
                if (mine.Writes == 0 && both == read)
                {
                    _unwritten.TryRemove(key, out _);
                }
                else
                {
                    _unwritten[key] = mine with { Entry = both };
                }
            }
        }
    }

    /// <summary>A removal comes after an entry that could not be written, and before a write that is still under way.</summary>
    private void Forget(string key)
    {
        lock (_changing)
        {
            if (_unwritten.TryGetValue(key, out var mine) && mine.Writes == 0)
            {
                _unwritten.TryRemove(key, out _);
            }
        }
    }

    private void ForgetExpired()
    {
        foreach (var (key, mine) in _unwritten)
        {
            if (mine.Writes == 0 && mine.Entry.Expires <= _time.GetUtcNow())
            {
                _unwritten.TryRemove(key, out _);
            }
        }
    }

    private Task EndConnections(BlacklistKey key, BlacklistEntry entry)
    {
        var ended = _ender.End(key, entry);
        Added?.Invoke();
        return ended;
    }

    private readonly record struct Unwritten(BlacklistEntry Entry, int Writes);
}
