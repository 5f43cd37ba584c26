namespace RigKafka.Log;

/// <summary>A record of a table's topic.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Entry">What it puts there; null when it removes.</param>
/// <param name="Written">When it was written, in milliseconds since the Unix epoch; of what was put back, when that had been written that it repeats.</param>
/// <param name="IsPutBack">Whether it only repeats what a topic had lost.</param>
/// <param name="ExpiredBy">It removes only what had expired by then; null for whatever there is.</param>
internal readonly record struct TableStep(string Key, TableEntry? Entry, long Written, bool IsPutBack = false, DateTimeOffset? ExpiredBy = null);
