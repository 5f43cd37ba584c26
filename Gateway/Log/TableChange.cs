namespace RigKafka.Log;

/// <summary>A change of a table.</summary>
/// <param name="Key">Which key was written.</param>
/// <param name="Entry">What it has now, expired or not; null when it was removed.</param>
internal readonly record struct TableChange(string Key, TableEntry? Entry);
