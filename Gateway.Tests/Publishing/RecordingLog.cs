using System.Collections.Concurrent;
using System.Text;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Tests.Publishing;

/// <summary>A log that keeps what is appended, as text, and answers what it is told to.</summary>
internal sealed class RecordingLog : IMessageLog
{
    private readonly ConcurrentQueue<string> _messages = new();

    public AppendOutcome Outcome { get; set; } = AppendOutcome.Stored;

    public string? User { get; private set; }

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; private set; } = [];

    public IReadOnlyList<string> SourceTopics { get; } = ["recording"];

    public LogHealth Health { get; } = new(true, null);

    public IReadOnlyList<PartitionLag> Lags => [];

    public IReadOnlyList<string> Take()
    {
        var taken = _messages.ToArray();
        _messages.Clear();
        return taken;
    }

    public ValueTask<AppendOutcome> Append(Message message, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        if (Outcome is AppendOutcome.Stored)
        {
            _messages.Enqueue(Encoding.UTF8.GetString(message.Json.Span));
        }

        (User, Headers) = (message.User(), headers);
        return ValueTask.FromResult(Outcome);
    }

    public Task Read(LogReader reader, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<string?> ReadAgain(Position from, Position to, Action<LogRecord> onRecord, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<LogBounds?> Bounds(CancellationToken cancellation) => throw new NotSupportedException();

    public Task Drain(CancellationToken cancellation) => Task.CompletedTask;
}
