namespace RigKafka.Log;

/// <summary>The state of the log as this node sees it.</summary>
/// <param name="Ready">Whether this node has had a place in every source topic once; it stays true.</param>
/// <param name="Trouble">What is wrong now, in one line for an operator; null when nothing is.</param>
internal sealed record LogHealth(bool Ready, string? Trouble);
