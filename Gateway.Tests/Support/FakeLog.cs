using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Tests.Support;

/// <summary>A log that gives its reader what the test pushes.</summary>
internal sealed class FakeLog(params string[] sourceTopics) : IMessageLog
{
    private readonly List<LogRecord> _pushed = [];
    private LogReader? _reader;

    public IReadOnlyList<string> SourceTopics { get; } = sourceTopics;

    public LogHealth Health { get; init; } = new(true, null);

    public IReadOnlyList<PartitionLag> Lags => [];

    /// <summary>Whether it can be read again.</summary>
    public bool Keeps { get; set; }

    /// <summary>Where it ends, when somebody asks; null for no answer.</summary>
    public Position? End { get; set; }

    /// <summary>What happens when somebody asks where it ends.</summary>
    public Action OnBounds { get; set; } = () => { };

    /// <summary>Why each of the next readings of old records ends early.</summary>
    public Queue<string> Lost { get; } = [];

    public TaskCompletionSource Drained { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Place(int sourceTopicIndex, uint epoch, long[] next, string? gap = null) =>
        _reader!.OnPlaced(new LogPlacement(sourceTopicIndex, epoch, next, gap));

    public void Pass(int sourceTopicIndex, int partition, long next) => _reader!.OnPassed!(sourceTopicIndex, partition, next);

    /// <summary>Completes when the reader is ready for the next record.</summary>
    public ValueTask Push(LogRecord record)
    {
        if (Keeps)
        {
            lock (_pushed)
            {
                _pushed.Add(record);
            }
        }

        return _reader!.OnRecord(record);
    }

    public ValueTask<AppendOutcome> Append(Message message, IReadOnlyList<KeyValuePair<string, string>> headers) => throw new NotSupportedException();

    public Task Read(LogReader reader, CancellationToken cancellation)
    {
        _reader = reader;
        return Task.Delay(Timeout.Infinite, cancellation);
    }

    public Task<string?> ReadAgain(Position from, Position to, Action<LogRecord> onRecord, CancellationToken cancellation)
    {
        lock (_pushed)
        {
            var wanted = _pushed.Where(record =>
                record.Offset >= from.Offsets(record.SourceTopicIndex)[record.Partition] && record.Offset < to.Offsets(record.SourceTopicIndex)[record.Partition]);
            wanted.ToList().ForEach(onRecord);
        }

        return Task.FromResult(Lost.TryDequeue(out var lost) ? lost : null);
    }

    public Task<LogBounds?> Bounds(CancellationToken cancellation)
    {
        OnBounds();
        return Task.FromResult(End is null ? null : new LogBounds(First(End), End, new bool[SourceTopics.Count]));
    }

    public Task Drain(CancellationToken cancellation) => Drained.Task.WaitAsync(cancellation);

    private static Position First(Position end)
    {
        var first = end.Copy();
        for (var index = 0; index < end.SourceTopicCount; index++)
        {
            first.Place(index, end.Epoch(index), new long[end.Offsets(index).Length]);
        }

        return first;
    }
}
