using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Tests.Delivery;

/// <summary>The log as one node of a story sees it. It reads when it is told to, and learns of changes as it reads.</summary>
internal sealed class StoryLog(IReadOnlyList<StoryTopic> topics) : IMessageLog
{
    private readonly uint[] _epochs = new uint[topics.Count];
    private readonly long[][] _next = new long[topics.Count][];
    private readonly List<StoryReading> _readings = [];
    private LogReader? _reader;

    public IReadOnlyList<string> SourceTopics { get; } = [.. Enumerable.Range(0, topics.Count).Select(index => $"topic{index}")];

    public LogHealth Health { get; } = new(true, null);

    public long Lag => 0;

    /// <summary>Whether everything has been read.</summary>
    public bool IsAtEnd => Enumerable.Range(0, topics.Count).All(index =>
        _epochs[index] == topics[index].Epoch && _next[index].AsSpan().SequenceEqual(topics[index].Ends));

    /// <summary>Whether somebody waits for records that are read again.</summary>
    public bool IsReadingAgain
    {
        get
        {
            lock (_readings)
            {
                return _readings.Count > 0;
            }
        }
    }

    /// <summary>Whether the brokers answer nobody who asks for old records.</summary>
    public bool IsAway { get; set; }

    public Task Read(LogReader reader, CancellationToken cancellation)
    {
        _reader = reader;
        for (var index = 0; index < topics.Count; index++)
        {
            Place(index, topics[index].Ends, null);
        }

        return Task.Delay(Timeout.Infinite, cancellation);
    }

    /// <summary>Reads what comes next in some partition. Completes when the node is ready for more.</summary>
    public ValueTask ReadOn(Random random)
    {
        var index = random.Next(topics.Count);
        var topic = topics[index];
        if (_epochs[index] != topic.Epoch)
        {
            Place(index, new long[topic.Partitions.Count], LogPlacement.Recreated);
            return default;
        }

        if (_next[index].Length < topic.Partitions.Count)
        {
            Place(index, [.. _next[index], .. new long[topic.Partitions.Count - _next[index].Length]], null);
            return default;
        }

        var partition = random.Next(_next[index].Length);
        ref var next = ref _next[index][partition];
        var (first, values) = (topic.Partitions[partition].First, topic.Partitions[partition].Values);
        if (next < first)
        {
            Place(index, [.. _next[index].Select((old, at) => at == partition ? first : old)], LogPlacement.Retention);
            return default;
        }

        var from = next;
        while (next < values.Count && values[(int)next] is null)
        {
            next++;
        }

        if (next < values.Count)
        {
            var offset = next++;
            return _reader!.OnRecord(new LogRecord(index, partition, offset, offset, values[(int)offset], random.Next(2) == 0));
        }

        if (next > from)
        {
            _reader!.OnPassed!(index, partition, next);
        }

        return default;
    }

    public Task<string?> ReadAgain(Position from, Position to, Action<LogRecord> onRecord, CancellationToken cancellation)
    {
        var reading = new StoryReading(topics, from, to, onRecord, cancellation);
        lock (_readings)
        {
            _readings.Add(reading);
        }

        return reading.Answer;
    }

    /// <summary>Reads some of what somebody waits for.</summary>
    public void ReadAgain(Random random)
    {
        StoryReading? reading;
        lock (_readings)
        {
            reading = _readings.FirstOrDefault();
        }

        if (reading?.ReadOn(random, IsAway) ?? false)
        {
            lock (_readings)
            {
                _readings.Remove(reading);
            }
        }
    }

    public Task<LogBounds?> Bounds(CancellationToken cancellation)
    {
        if (IsAway)
        {
            return Task.FromResult<LogBounds?>(null);
        }

        var bounds = new LogBounds(new Position(topics.Count), new Position(topics.Count), new bool[topics.Count]);
        for (var index = 0; index < topics.Count; index++)
        {
            bounds.First.Place(index, topics[index].Epoch, topics[index].Firsts);
            bounds.End.Place(index, topics[index].Epoch, topics[index].Ends);
        }

        return Task.FromResult<LogBounds?>(bounds);
    }

    public ValueTask<AppendOutcome> Append(Message message, IReadOnlyList<KeyValuePair<string, string>> headers) =>
        throw new NotSupportedException();

    public Task Drain(CancellationToken cancellation) => Task.CompletedTask;

    private void Place(int index, long[] next, string? gap)
    {
        (_epochs[index], _next[index]) = (topics[index].Epoch, next);
        _reader!.OnPlaced(new LogPlacement(index, topics[index].Epoch, [.. next], gap));
    }
}
