using System.Collections.Concurrent;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using RigKafka.Log;

namespace RigKafka.Kafka;

/// <summary>
/// Looks at the source topics again and again, and says where to read: the end at start, the beginning of whatever came later.
/// It stands in for the group membership that a node does without.
/// </summary>
internal sealed partial class KafkaWatch(KafkaTopics topics, KafkaOptions options, KafkaHealth health, Action<KafkaPlacing> place, TimeProvider time, ILogger<KafkaWatch> logger)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(100);

    private readonly WatchedSourceTopic[] _topics = [.. options.SourceTopics.Select((name, number) => new WatchedSourceTopic(number, name))];
    private readonly ConcurrentQueue<LostPlace> _lost = new();
    private volatile TaskCompletionSource _nudge = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task Run(KafkaRecordLimits limits, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                _nudge = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                var wait = await Look().WaitAsync(cancellation);
                var looked = _looked;
                _looked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                looked.SetResult();
                if (!_nudge.Task.IsCompleted && Array.TrueForAll(_topics, topic => topic.IsPlaced))
                {
                    await limits.Look().WaitAsync(cancellation);
                }

                await Task.Delay(AtOnce, time, cancellation);
                using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                await Task.WhenAny(_nudge.Task, Task.Delay(wait, time, timer.Token));
                await timer.CancelAsync();
                cancellation.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
    }

    /// <summary>Has the watch look now instead of at the next turn.</summary>
    public void Nudge() => _nudge.TrySetResult();

    /// <summary>The place of the reader in a partition is not in the log any more.</summary>
    public void Lost(LostPlace lost)
    {
        _lost.Enqueue(lost);
        Nudge();
    }

    /// <summary>When the last look at a source topic began that found it to be the one that is read.</summary>
    public long SeenAt(int topic) => _topics[topic].SeenAt;

    /// <summary>Waits for a look at a source topic that begins from now on. False when none found it to be there in time.</summary>
    public bool WaitForLook(int topic, TimeSpan most, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            var looked = _looked;
            if (_topics[topic].SeenAt >= since)
            {
                return true;
            }

            Nudge();
            var left = most - time.GetElapsedTime(since);
            if (left <= TimeSpan.Zero || !looked.Task.Wait(left, cancellation))
            {
                return false;
            }
        }
    }

    private async Task<TimeSpan> Look()
    {
        var since = time.GetTimestamp();
        try
        {
            var found = await topics.Describe();
            string? trouble = null;
            foreach (var topic in _topics)
            {
                trouble = await Look(topic, found[topic.Number], since) ?? trouble;
            }

            trouble = await FindLostPlaces() ?? trouble;
            if (trouble is null)
            {
                health.ReadingWorks();
                return options.MetadataRefresh;
            }

            health.ReadingFails(trouble);
        }
        catch (KafkaException failure)
        {
            health.OutOfReach(failure.Error);
        }

        return Soon;
    }

    /// <summary>Looks at one source topic; returns what is wrong with it.</summary>
    private async Task<string?> Look(WatchedSourceTopic topic, TopicDescription found, long since)
    {
        if (found.Error.Code == ErrorCode.UnknownTopicOrPart)
        {
            return await Create(topic);
        }

        if (found.Error.IsError)
        {
            return $"Source topic {topic.Name}: {found.Error.Reason}";
        }

        if (topic.IsThere(found.TopicId))
        {
            // Whether it can be read or not.
            topic.Seen(since);
        }

        if (found.Partitions.Count(partition => partition.Leader is null) is var leaderless and > 0)
        {
            return $"Source topic {topic.Name}: {leaderless} of {found.Partitions.Count} partitions have no leader.";
        }

        try
        {
            await Place(topic, found);
            topic.Seen(since);
            return null;
        }
        catch (KafkaException failure)
        {
            return $"Source topic {topic.Name}: its offsets are not to be had: {failure.Error.Reason}";
        }
    }

    private async Task Place(WatchedSourceTopic topic, TopicDescription found)
    {
        var partitions = found.Partitions.Count;
        var recreated = topic.IsAnother(found.TopicId);
        var anew = recreated || !topic.IsPlaced;
        if (!anew && partitions <= topic.Partitions)
        {
            return;
        }

        // What nobody had when this node started may hold messages by now, none of which may be missed.
        var from = topic.IsNew ? OffsetSpec.Earliest() : OffsetSpec.Latest();
        var first = anew ? 0 : topic.Partitions;
        var offsets = await topics.Offsets(topic.Name, Enumerable.Range(first, partitions - first), from);
        topic.Placed(found.TopicId, partitions);
        place(new KafkaPlacing(topic.Number, topic.Epoch, offsets, anew, recreated ? LogPlacement.Recreated : null));
    }

    private async Task<string> Create(WatchedSourceTopic topic)
    {
        var now = time.GetTimestamp();
        topic.Missing(now);
        if (topic.IsPlaced && time.GetElapsedTime(topic.MissingSince!.Value, now) < options.MetadataRefresh)
        {
            return $"Source topic {topic.Name} is gone; it is created again if nobody else does so.";
        }

        var refusal = await topics.Create(topic.Name);
        topic.Created(now, refusal);
        if (refusal?.Code == ErrorCode.TopicAlreadyExists)
        {
            Nudge();
            return $"Source topic {topic.Name} is not known to every broker yet.";
        }

        if (refusal is not null)
        {
            return $"Source topic {topic.Name} is missing and could not be created: {refusal.Reason}";
        }

        LogCreated(topic.Name);
        Nudge();
        return $"Source topic {topic.Name} has just been created.";
    }

    private async Task<string?> FindLostPlaces()
    {
        for (var left = _lost.Count; left > 0 && _lost.TryDequeue(out var lost); left--)
        {
            var topic = _topics[lost.Topic];
            if (lost.Epoch != topic.Epoch)
            {
                continue;
            }

            try
            {
                var first = (await topics.Offsets(topic.Name, [lost.Partition], OffsetSpec.Earliest())).Single();
                var end = (await topics.Offsets(topic.Name, [lost.Partition], OffsetSpec.Latest())).Single();
                var (next, gap) = lost.GoOn(first, end);
                if (gap == LogPlacement.Truncated && lost.Truncation is null)
                {
                    LogTruncationUnread(topic.Name, lost.Partition, next.Offset.Value);
                }

                place(new KafkaPlacing(topic.Number, topic.Epoch, [next], Anew: false, gap));
            }
            catch (KafkaException failure)
            {
                _lost.Enqueue(lost);
                return $"Source topic {topic.Name}: the place to go on in partition {lost.Partition} is not to be had: {failure.Error.Reason}";
            }
        }

        return null;
    }

    [LoggerMessage(1020, LogLevel.Information, "Source topic {SourceTopic} did not exist and was created.", EventName = "SourceTopicCreated")]
    private partial void LogCreated(string sourceTopic);

    [LoggerMessage(1022, LogLevel.Warning, "Source topic {SourceTopic}, partition {Partition}: it lost its end, and the Kafka client does not say where; reading goes on from the end it has now, offset {Offset}.", EventName = "TruncationUnread")]
    private partial void LogTruncationUnread(string sourceTopic, int partition, long offset);
}
