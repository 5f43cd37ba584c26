using System.Collections.Concurrent;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Kafka;

/// <summary>
/// Looks at the source topics again and again, and says where to read: from the end at start, from
/// the beginning in partitions that come later. A node has no group membership; this takes its place.
/// </summary>
internal sealed partial class KafkaWatch(KafkaClients clients, KafkaSideClient side, KafkaHealth health, Action<KafkaPlacing> place)
{
    /// <summary>
    /// The most time between two looks. A look costs little, and while looks come more often than doubts (<see cref="KafkaDoubts.Silence"/>), no
    /// record waits for one. And a consumer does not always report that a topic was created again.
    /// </summary>
    private static readonly TimeSpan Often = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger = clients.Logger<KafkaWatch>();
    private readonly TimeProvider _time = clients.Time;
    private readonly WatchedSourceTopic[] _topics =
        [.. clients.Options.SourceTopics.Select((name, index) => new WatchedSourceTopic(index, name))];
    private readonly LookLoop _loop = new(clients.Time, health, clients.Options.MetadataRefresh < Often ? clients.Options.MetadataRefresh : Often);
    private readonly KafkaRecordLimits _limits = new(clients);
    private readonly ConcurrentQueue<LostPlace> _lost = new();
    private volatile TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether a look of this run has found a source topic to be created again.</summary>
    private bool _isAnother;

    /// <summary>Looks until it is cancelled, or a source topic was created again: then the reader needs another consumer.</summary>
    public Task Run(CancellationToken cancellation)
    {
        _isAnother = false;
        return _loop.Run(() => Ask(Look, cancellation), () => Ask(AfterLook, cancellation), cancellation);
    }

    /// <summary>Has the watch look now instead of at the next turn.</summary>
    public void Nudge() => _loop.Nudge();

    /// <summary>Has it look now, if it does not know a topic or a partition of this position yet.</summary>
    public void LookIfOlderThan(Position end)
    {
        if (Array.Exists(_topics, topic => topic.IsPlaced
            && (end.Epoch(topic.Index) != topic.Epoch || end.Offsets(topic.Index).Length > topic.Partitions)))
        {
            Nudge();
        }
    }

    /// <summary>The reader's place in a partition is no longer in the log.</summary>
    public void Lost(LostPlace lost)
    {
        _lost.Enqueue(lost);
        Nudge();
    }

    /// <summary>When the last look began that found the source topic to be the same.</summary>
    public long SeenAt(int index) => _topics[index].SeenAt;

    /// <summary>Waits for a look at a source topic that begins after this call. False when none found it to be the same in time.</summary>
    public bool WaitForLook(int index, TimeSpan most, CancellationToken cancellation)
    {
        var since = _time.GetTimestamp();
        while (true)
        {
            var looked = _looked;
            if (_topics[index].SeenAt >= since)
            {
                return true;
            }

            Nudge();
            var left = most - _time.GetElapsedTime(since);
            if (left <= TimeSpan.Zero || !looked.Task.Wait(left, cancellation))
            {
                return false;
            }
        }
    }

    private Task<T> Ask<T>(Func<KafkaTopics, Task<T>> question, CancellationToken cancellation) =>
        side.Use((client, ending) => question(client.Topics).WaitAsync(ending), cancellation);

    private async Task<string?> Look(KafkaTopics topics)
    {
        var since = _time.GetTimestamp();
        var found = await topics.Describe();
        string? trouble = null;
        foreach (var topic in _topics)
        {
            trouble = await Look(topics, topic, found[topic.Index], since) ?? trouble;
        }

        return await FindLostPlaces(topics) ?? trouble;
    }

    /// <summary>Returns whether there is another look.</summary>
    private async Task<bool> AfterLook(KafkaTopics topics)
    {
        var looked = _looked;
        _looked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        looked.SetResult();
        if (!_isAnother && !_loop.IsNudged && Array.TrueForAll(_topics, topic => topic.IsPlaced))
        {
            await _limits.Look(topics);
        }

        return !_isAnother;
    }

    /// <summary>Looks at one source topic; returns what is wrong with it.</summary>
    private async Task<string?> Look(KafkaTopics topics, WatchedSourceTopic topic, TopicDescription found, long since)
    {
        if (found.Error.Code == ErrorCode.UnknownTopicOrPart)
        {
            return await Create(topics, topic);
        }

        if (found.Error.IsError)
        {
            return $"Source topic {topic.Name}: {found.Error.Reason}";
        }

        var id = TopicId.Of(found.TopicId);
        if (topic.IsThere(id))
        {
            // Even if it cannot be read now.
            topic.Seen(since);
        }

        if (found.Partitions.Count(partition => partition.Leader is null) is var leaderless and > 0)
        {
            return $"Source topic {topic.Name}: {leaderless} of {found.Partitions.Count} partitions have no leader.";
        }

        try
        {
            await Place(topics, topic, found);
            topic.Seen(since);
            return null;
        }
        catch (KafkaException failure)
        {
            return $"Source topic {topic.Name}: its offsets are not to be had: {failure.Error.Reason}";
        }
    }

    private async Task Place(KafkaTopics topics, WatchedSourceTopic topic, TopicDescription found)
    {
        var partitions = found.Partitions.Count;
        var id = TopicId.Of(found.TopicId);
        var recreated = topic.IsAnother(id);
        var anew = recreated || !topic.IsPlaced;
        if (!anew && partitions <= topic.Partitions)
        {
            return;
        }

        // A topic or partition that did not exist when this node started is read from its beginning: no message may be missed.
        var from = topic.IsNew ? OffsetSpec.Earliest() : OffsetSpec.Latest();
        var first = anew ? 0 : topic.Partitions;
        var offsets = await topics.Offsets(topic.Name, Enumerable.Range(first, partitions - first), from);
        // What retention has removed before this look is missed all the same.
        var isCut = topic.IsNew && offsets.Any(offset => offset.Offset > 0);
        var gap = recreated ? LogPlacement.Recreated : isCut ? LogPlacement.Retention : null;
        topic.Placed(id, partitions);
        _isAnother |= recreated;
        place(new KafkaPlacing(topic.Index, topic.Epoch, offsets, anew, gap));
    }

    private async Task<string> Create(KafkaTopics topics, WatchedSourceTopic topic)
    {
        var now = _time.GetTimestamp();
        topic.Missing(now);
        if (topic.IsPlaced && _time.GetElapsedTime(topic.MissingSince!.Value, now) < clients.Options.MetadataRefresh)
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

    private async Task<string?> FindLostPlaces(KafkaTopics topics)
    {
        for (var left = _lost.Count; left > 0 && _lost.TryDequeue(out var lost); left--)
        {
            var topic = _topics[lost.SourceTopicIndex];
            if (lost.Epoch != topic.Epoch)
            {
                continue;
            }

            try
            {
                var first = (await topics.Offsets(topic.Name, [lost.Partition], OffsetSpec.Earliest())).Single();
                var end = (await topics.Offsets(topic.Name, [lost.Partition], OffsetSpec.Latest())).Single();
                if ((await topics.Describe([topic.Name])).Single() is var found && (found.Error.IsError || !topic.IsThere(TopicId.Of(found.TopicId))))
                {
                    // Then these are offsets of another topic, or will be.
                    _lost.Enqueue(lost);
                    return $"Source topic {topic.Name}: it was deleted or created again just now.";
                }

                var (next, gap) = lost.GoOn(first, end);
                if (gap == LogPlacement.Truncated && lost.Truncation is null)
                {
                    LogTruncationUnread(topic.Name, lost.Partition, next.Offset.Value);
                }

                place(new KafkaPlacing(topic.Index, topic.Epoch, [next], Anew: false, gap));
            }
            catch (KafkaException failure)
            {
                _lost.Enqueue(lost);
                var reason = failure.Error.Reason;
                return $"Source topic {topic.Name}: the place to go on in partition {lost.Partition} is not to be had: {reason}";
            }
        }

        return null;
    }

    [LoggerMessage(1020, LogLevel.Information,
        "Source topic {SourceTopic} did not exist and was created.", EventName = "SourceTopicCreated")]
    private partial void LogCreated(string sourceTopic);

    [LoggerMessage(1022, LogLevel.Warning,
        "Source topic {SourceTopic}, partition {Partition}: it lost its end, and the Kafka client does not say where; reading goes "
        + "on from the end it has now, offset {Offset}.", EventName = "TruncationUnread")]
    private partial void LogTruncationUnread(string sourceTopic, int partition, long offset);
}
