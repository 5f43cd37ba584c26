using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Tests.Delivery;

/// <summary>The log as one node of a story sees it. It reads when it is told to, and learns of changes as it reads.</summary>
internal sealed class StoryLog(StoryTopic[] topics) : IMessageLog
{
    private readonly uint[] _epochs = new uint[topics.Length];
    private readonly long[][] _next = new long[topics.Length][];

    /// <summary>How many of the cuts of each partition it knows.</summary>
    private readonly int[][] _cuts = new int[topics.Length][];
    private readonly List<StoryReading> _readings = [];
    private LogReader? _reader;

    public IReadOnlyList<string> SourceTopics { get; } = [.. Enumerable.Range(0, topics.Length).Select(index => $"topic{index}")];

    public LogHealth Health { get; } = new(true, null);

    public IReadOnlyList<PartitionLag> Lags => [];

    /// <summary>Whether everything has been read.</summary>
    public bool IsAtEnd => Enumerable.Range(0, topics.Length).All(index =>
        _epochs[index] == topics[index].Epoch && _next[index].AsSpan().SequenceEqual(topics[index].Ends)
        && _cuts[index].AsSpan().SequenceEqual(CutsOf(topics[index])));

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
        for (var index = 0; index < topics.Length; index++)
        {
            Place(index, topics[index].Ends, null);
        }

        return Task.Delay(Timeout.Infinite, cancellation);
    }

    /// <summary>How far it has read a partition of what is the topic now.</summary>
    public long Next(StoryTopic topic, int partition)
    {
        var index = Array.IndexOf(topics, topic);
        return _epochs[index] == topic.Epoch && partition < _next[index].Length
            ? Math.Min(_next[index][partition], UnknownCut(index, partition))
            : 0;
    }

    /// <summary>Reads what comes next in some partition. Completes when the node is ready for more.</summary>
    public ValueTask ReadOn(Random random)
    {
        var index = random.Next(topics.Length);
        var topic = topics[index];
        if (_epochs[index] != topic.Epoch)
        {
            Place(index, new long[topic.Partitions.Count], LogPlacement.Recreated);
            return default;
        }

        if (_next[index].Length < topic.Partitions.Count)
        {
            var added = topic.Partitions.Count - _next[index].Length;
            Place(index, [.. _next[index], .. new long[added]], null, [.. _cuts[index], .. new int[added]]);
            return default;
        }

        var partition = random.Next(_next[index].Length);
        return FindLostPlace(index, partition) ? default : ReadOn(index, partition, random);
    }

    /// <summary>As a broker tells it: what was to be read next is no longer there, or is something else now.</summary>
    private bool FindLostPlace(int index, int partition)
    {
        var (next, log) = (_next[index][partition], topics[index].Partitions[partition]);
        var cut = UnknownCut(index, partition);
        _cuts[index][partition] = log.Cuts.Count;
        if (next <= cut && next >= log.First)
        {
            return false;
        }

        var place = Math.Max(log.First, Math.Min(cut, next));
        Place(
            index, [.. _next[index].Select((old, at) => at == partition ? place : old)],
            cut < next ? LogPlacement.Truncated : LogPlacement.Retention, _cuts[index]);
        return true;
    }

    private long UnknownCut(int index, int partition) =>
        topics[index].Partitions[partition].Cuts.Skip(_cuts[index][partition]).Append(long.MaxValue).Min();

    private ValueTask ReadOn(int index, int partition, Random random)
    {
        ref var next = ref _next[index][partition];
        var values = topics[index].Partitions[partition].Values;
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

        var bounds = new LogBounds(
            new Position(topics.Length), new Position(topics.Length), [.. topics.Select(topic => topic.IsCompacted)]);
        for (var index = 0; index < topics.Length; index++)
        {
            bounds.First.Place(index, topics[index].Epoch, topics[index].Firsts);
            bounds.End.Place(index, topics[index].Epoch, topics[index].Ends);
        }

        return Task.FromResult<LogBounds?>(bounds);
    }

    public ValueTask<AppendOutcome> Append(Message message, IReadOnlyList<KeyValuePair<string, string>> headers) =>
        throw new NotSupportedException();

    public Task Drain(CancellationToken cancellation) => Task.CompletedTask;

    private void Place(int index, long[] next, string? gap, int[]? cuts = null)
    {
        (_epochs[index], _next[index], _cuts[index]) = (topics[index].Epoch, next, cuts ?? CutsOf(topics[index]));
        _reader!.OnPlaced(new LogPlacement(index, topics[index].Epoch, [.. next], gap));
    }

    private static int[] CutsOf(StoryTopic topic) => [.. topic.Partitions.Select(partition => partition.Cuts.Count)];
}
