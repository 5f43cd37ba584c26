using Microsoft.Extensions.Logging;

namespace RigKafka.IntegrationTests.Nodes;

/// <summary>The log lines of one node, kept to be looked at and waited for.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly List<LogLine> _lines = [];
    private readonly List<(Func<LogLine, bool> IsIt, TaskCompletionSource<LogLine> Found)> _waiting = [];

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
            _waiting.Add((line => line.EventName == eventName, source));
            return source.Task.Soon();
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = new LogLine(logLevel, eventId.Name ?? "", formatter(state, exception) + exception);
        lock (_lines)
        {
            _lines.Add(line);
            _waiting.RemoveAll(waiting => waiting.IsIt(line) && waiting.Found.TrySetResult(line));
        }
    }

    public void Dispose()
    {
    }
}
