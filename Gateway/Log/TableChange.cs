namespace RigKafka.Log;

/// <summary>A change of a table.</summary>
/// <param name="Key">Which key was written.</param>
/// <param name="Entry">What it has now, expired or not; null when it was removed.</param>
/// <param name="Era">How often the table's log had been lost by then, as this node saw it: what comes of a later era counts, whatever it says.</param>
internal readonly record struct TableChange(string Key, TableEntry? Entry, int Era = 0);
