namespace RigKafka.Log;

/// <summary>What a node does with what it reads. Both are called by one thread at a time.</summary>
/// <param name="OnRecord">A record; the log reads on when the task completes, so a reader that is behind slows the log down.</param>
/// <param name="OnPlaced">The reader was put to a place in a source topic; said before the first record from there.</param>
internal sealed record LogReader(Func<LogRecord, ValueTask> OnRecord, Action<LogPlacement> OnPlaced);
