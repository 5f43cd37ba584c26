namespace RigKafka.Log;

/// <summary>Keyed state that every node has a full copy of, in memory: a compacted topic of Kafka, or a dictionary where there is one node only.</summary>
internal interface ITable
{
    /// <summary>What it is called in log lines, metrics and on the health page.</summary>
    string Name { get; }

    /// <summary>What an operator should know of it right now; ready once it has caught up.</summary>
    LogHealth Health { get; }

    /// <summary>Completes when everything is here that was written before this node started.</summary>
    Task CaughtUp { get; }

    /// <summary>How many entries are held, those included that have expired and were not removed yet.</summary>
    int Count { get; }

    /// <summary>What was not removed and has not expired, in no order; may be read while it changes.</summary>
    IEnumerable<KeyValuePair<string, TableEntry>> Entries { get; }

    /// <summary>The entry, unless there is none or it has expired.</summary>
    TableEntry? Get(string key);

    /// <summary>The keys of what expired so long ago or longer.</summary>
    IReadOnlyList<string> ExpiredFor(TimeSpan ago);

    /// <summary>
    /// Writes an entry. Stored means that the table keeps it and that this node has read it back, so that <see cref="Get"/> gives it or what came after it.
    /// Never throws for a table that is unwell. Calls made one after the other are written in this order.
    /// </summary>
    Task<AppendOutcome> Put(string key, TableEntry entry);

    /// <summary>Removes an entry, whether or not there is one; completes as <see cref="Put"/> does.</summary>
    Task<AppendOutcome> Remove(string key);

    /// <summary>Removes an entry if it expired so long ago or longer, wherever it stands in the table by then: one that is renewed meanwhile stays.</summary>
    Task<AppendOutcome> RemoveExpired(string key, TimeSpan ago);

    /// <summary>
    /// Has every change from now on told, whoever wrote it, after it can be seen here and before its writer is answered: in the order of the
    /// table, by one thread at a time, which must not be held up.
    /// </summary>
    void Watch(Action<TableChange> onChange);

    /// <summary>Has each key told that this node holds and the table's log has lost. What nobody writes again of a table that is not put back by all nodes is removed.</summary>
    void WatchLosses(Action<string> onLost);

    /// <summary>Keeps the copy up to date until cancelled. One call per node. An outage does not end it.</summary>
    /// <exception cref="TableRefusedException">What is to be the table cannot be one.</exception>
    Task Run(CancellationToken cancellation);
}
