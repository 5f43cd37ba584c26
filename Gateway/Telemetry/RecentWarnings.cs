namespace RigKafka.Telemetry;

/// <summary>Keeps the last warnings and errors for the operator's page, whatever the level of the log.</summary>
internal sealed class RecentWarnings(TimeProvider time) : ILoggerProvider
{
    /// <summary>How many are kept.</summary>
    public const int Most = 200;

    private readonly Lock _lock = new();
    private readonly Queue<LoggedWarning> _kept = new(Most);

    /// <summary>Those that are kept, the newest first.</summary>
    public IReadOnlyList<LoggedWarning> Newest
    {
        get
        {
            lock (_lock)
            {
                return [.. _kept.Reverse()];
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private void Keep(LogLevel level, string category, string? name, string text)
    {
        var warning = new LoggedWarning(time.GetUtcNow(), level, category, name, text);
        lock (_lock)
        {
            if (_kept.Count == Most)
            {
                _kept.Dequeue();
            }

            _kept.Enqueue(warning);
        }
    }

    private sealed class Logger(RecentWarnings all, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Warning and < LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                all.Keep(logLevel, category, eventId.Name, formatter(state, exception));
            }
        }
    }
}

/// <summary>A line of the log.</summary>
/// <param name="Time">When it was written.</param>
/// <param name="Level">How bad it is.</param>
/// <param name="Category">The class that wrote it.</param>
/// <param name="Event">The name of the event, see the page of log events; null for one of a library.</param>
/// <param name="Text">What it says.</param>
internal sealed record LoggedWarning(DateTimeOffset Time, LogLevel Level, string Category, string? Event, string Text);
