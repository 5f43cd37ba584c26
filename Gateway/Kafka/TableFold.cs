using RigKafka.Log;

namespace RigKafka.Kafka;

/// <summary>The state of a key, folded from its records.</summary>
/// <param name="Entry">The entry in force; null for none.</param>
/// <param name="Written">When that was written, in milliseconds since the Unix epoch; but it grows with
/// each record of the key, whatever the clocks of the writers say. 0 when it does not count.</param>
/// <param name="IsHeld">Whether the last record of the key in the topic says the same: compaction keeps only that one.</param>
/// <param name="IsPutBack">Whether it came from a record that was put back.</param>
internal readonly record struct TableFold(TableEntry? Entry, long Written, bool IsHeld = true, bool IsPutBack = false)
{
    /// <summary>The state after one more record.</summary>
    public static TableFold After(TableFold? present, TableStep step) => (present, step) switch
    {
        // A removal of the expired, by a node that did not know that the entry had been written again.
        ({ Entry: { } entry } known, { ExpiredBy: { } until }) when entry.Expires > until => known with { IsHeld = false },
        ({ Entry: null } removed, { ExpiredBy: not null }) => removed with { IsHeld = true },
        (_, { ExpiredBy: not null }) => new TableFold(null, 0),
        // A node put back an entry that another node had overwritten.
        ({ } known, { IsPutBack: true }) when known.Written > step.Written => known with { IsHeld = AreSame(known.Entry, step.Entry) },
        (_, { IsPutBack: true }) => new TableFold(step.Entry, step.Written, IsPutBack: true),
        _ => new TableFold(step.Entry, Math.Max(step.Written, (present?.Written ?? 0) + 1)),
    };

    public static bool AreSame(TableEntry? one, TableEntry? other) => (one, other) switch
    {
        ({ } left, { } right) => left.Expires == right.Expires && left.Value.AsSpan().SequenceEqual(right.Value),
        _ => one is null && other is null,
    };
}

/// <summary>A record of a table's topic.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Entry">What it puts there; null when it removes.</param>
/// <param name="Written">When it was written, in milliseconds since the Unix epoch. Where
/// it puts an entry back: when that was first written.</param>
/// <param name="IsPutBack">Whether it only repeats what a topic had lost.</param>
/// <param name="ExpiredBy">It removes only an entry that had expired by then; null removes any.</param>
internal readonly record struct TableStep(
    string Key, TableEntry? Entry, long Written, bool IsPutBack = false, DateTimeOffset? ExpiredBy = null);
