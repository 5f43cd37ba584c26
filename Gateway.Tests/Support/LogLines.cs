using Microsoft.Extensions.Logging;

namespace RigKafka.Tests.Support;

/// <summary>A log that keeps its lines, to be looked at and waited for.</summary>
internal class LogLines : ILogger
{
    private readonly List<LogLine> _lines = [];
    private readonly List<(string EventName, TaskCompletionSource<LogLine> Found)> _waiting = [];

    public IReadOnlyList<LogLine> All
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Each line as its level, the name of its event, and its text.</summary>
    public IReadOnlyList<string> Lines => [.. All.Select(line => $"{line.Level} {line.EventName} {line.Text}")];

    public IReadOnlyList<string> Texts => [.. All.Select(line => line.Text)];

    /// <summary>A provider of this log for every category.</summary>
    public ILoggerProvider Provider => new OneLog(this);

    /// <summary>The texts of an event.</summary>
    public IEnumerable<string> Of(string eventName) => All.Where(line => line.EventName == eventName).Select(line => line.Text);

    /// <summary>The first line of an event, as soon as there is one.</summary>
    public Task<LogLine> First(string eventName)
    {
        lock (_lines)
        {
            if (_lines.FirstOrDefault(line => line.EventName == eventName) is { } found)
            {
                return Task.FromResult(found);
            }

            var source = new TaskCompletionSource<LogLine>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((eventName, source));
            return source.Task.Soon();
        }
    }

    public ILoggerFactory Factory() => LoggerFactory.Create(logging => logging.AddProvider(Provider));

    public void Clear()
    {
        lock (_lines)
        {
            _lines.Clear();
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = new LogLine(logLevel, eventId.Name ?? "", formatter(state, exception) + exception);
        lock (_lines)
        {
            _lines.Add(line);
            _waiting.RemoveAll(waiting => waiting.EventName == line.EventName && waiting.Found.TrySetResult(line));
        }
    }

    private sealed class OneLog(LogLines lines) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => lines;

        public void Dispose()
        {
        }
    }
}

/// <summary>The same for what asks for the log of a category.</summary>
internal sealed class LogLines<T> : LogLines, ILogger<T>;

internal sealed record LogLine(LogLevel Level, string EventName, string Text);
