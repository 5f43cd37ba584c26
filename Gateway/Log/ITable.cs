namespace RigKafka.Log;

/// <summary>
/// Keyed state of which every node has a full copy in memory: a compacted topic of Kafka, or a dictionary where there is only one node.
/// </summary>
internal interface ITable
{
    /// <summary>Its name in log lines, metrics and on the health page.</summary>
    string Name { get; }

    /// <summary>What an operator should know of it now. It is ready once it has caught up.</summary>
    LogHealth Health { get; }

    /// <summary>Completes when this node has read everything that was written before it started.</summary>
    Task CaughtUp { get; }

    /// <summary>How many entries it holds, with those that have expired and were not removed yet.</summary>
    int Count { get; }

    /// <summary>The entries that have not expired, in no order. May be read while they change.</summary>
    IEnumerable<KeyValuePair<string, TableEntry>> Entries { get; }

    /// <summary>The entry; null when there is none, or it has expired.</summary>
    TableEntry? Get(string key);

    /// <summary>The keys of the entries that expired at least so long ago.</summary>
    IReadOnlyList<string> ExpiredFor(TimeSpan ago);

    /// <summary>
    /// Writes an entry. Stored means that the table keeps it and that this node has read it back: <see cref="Get"/> gives it, or
    /// what came after it. Never throws because the table has trouble. Calls made one after the other are written in this order.
    /// </summary>
    Task<AppendOutcome> Put(string key, TableEntry entry);

    /// <summary>Removes an entry, whether or not there is one; completes as <see cref="Put"/> does.</summary>
    Task<AppendOutcome> Remove(string key);

    /// <summary>
    /// Removes an entry if it expired at least so long ago when the table takes the removal: one that was written again meanwhile stays.
    /// </summary>
    Task<AppendOutcome> RemoveExpired(string key, TimeSpan ago);

    /// <summary>
    /// Calls back at every change from now on, by whichever node: after it can be seen here, and before its
    /// writer is answered. In the order of the table, on one thread at a time, which must not be blocked.
    /// </summary>
    void Watch(Action<TableChange> onChange);

    /// <summary>
    /// Calls back for each key that this node has and the table's log has lost. Where not every node puts
    /// such entries back (see <see cref="TableTopic"/>), those that nobody writes again are removed.
    /// </summary>
    void WatchLosses(Action<string> onLost);

    /// <summary>Keeps the copy up to date until cancelled. One call per node. An outage does not end it.</summary>
    /// <exception cref="TableRefusedException">The topic cannot hold a table.</exception>
    Task Run(CancellationToken cancellation);
}

/// <summary>What a table holds under a key.</summary>
/// <param name="Value">The bytes. They never change.</param>
/// <param name="Expires">From when on nobody sees it, in whole milliseconds; <see cref="DateTimeOffset.MaxValue"/> for never.</param>
internal readonly record struct TableEntry(byte[] Value, DateTimeOffset Expires)
{
    /// <summary>A record has no key, or one that is not a key of the table.</summary>
    public const string BadKey = "bad_key";

    /// <summary>The value of a record does not have the form of the table.</summary>
    public const string BadValue = "bad_value";

    /// <summary>Why a record is skipped, as the metrics say it.</summary>
    public static IEnumerable<string> Faults => [BadKey, BadValue];
}

/// <summary>A change of a table.</summary>
/// <param name="Key">Which key was written.</param>
/// <param name="Entry">What it has now, expired or not; null when it was removed.</param>
/// <param name="Era">How often this node had seen the table's log lose entries by then. A change of a later era always counts.</param>
internal readonly record struct TableChange(string Key, TableEntry? Entry, int Era = 0);

/// <summary>A table topic cannot hold a table, and only an operator can change that.</summary>
internal sealed class TableRefusedException(string message) : Exception(message);
