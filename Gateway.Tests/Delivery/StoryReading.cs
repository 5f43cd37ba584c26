using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Tests.Delivery;

/// <summary>Records that are read again, a few at a time, while everything else goes on.</summary>
internal sealed class StoryReading(
    IReadOnlyList<StoryTopic> topics, Position from, Position to, Action<LogRecord> onRecord, CancellationToken cancellation)
{
    private readonly TaskCompletionSource<string?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Position _next = from.Copy();
    private readonly int[][] _cuts = [.. topics.Select(topic => topic.Partitions.Select(each => each.Cuts.Count).ToArray())];

    public Task<string?> Answer => _answer.Task;

    /// <summary>Reads one record; true when it is over.</summary>
    public bool ReadOn(Random random, bool isAway)
    {
        if (cancellation.IsCancellationRequested)
        {
            return _answer.TrySetCanceled(cancellation);
        }

        if (isAway)
        {
            return _answer.TrySetResult(IMessageLog.Busy);
        }

        var left = Left();
        if (left.Count == 0)
        {
            return _answer.TrySetResult(null);
        }

        var (index, partition) = left[random.Next(left.Count)];
        var topic = topics[index];
        if (topic.Epoch != to.Epoch(index))
        {
            return _answer.TrySetResult(LogPlacement.Recreated);
        }

        var offset = _next.Offsets(index)[partition];
        if (WhyNot(index, partition, offset) is { } gap)
        {
            return _answer.TrySetResult(gap);
        }

        _next.Advance(index, partition, offset + 1);
        if (topic.Partitions[partition].Values[(int)offset] is { } value)
        {
            onRecord(new LogRecord(index, partition, offset, offset, value));
        }

        return false;
    }

    /// <summary>At the end of a partition that was cut nothing more comes in time.</summary>
    private string? WhyNot(int index, int partition, long offset)
    {
        var log = topics[index].Partitions[partition];
        return offset < log.First ? LogPlacement.Retention
            : offset > log.Values.Count || log.Cuts.Count > _cuts[index].ElementAtOrDefault(partition) ? LogPlacement.Truncated
            : offset == log.Values.Count ? IMessageLog.Busy
            : null;
    }

    private List<(int Index, int Partition)> Left()
    {
        var left = new List<(int, int)>();
        for (var index = 0; index < to.SourceTopicCount; index++)
        {
            for (var partition = 0; partition < Math.Min(to.Offsets(index).Length, _next.Offsets(index).Length); partition++)
            {
                if (_next.Offsets(index)[partition] < to.Offsets(index)[partition])
                {
                    left.Add((index, partition));
                }
            }
        }

        return left;
    }
}
