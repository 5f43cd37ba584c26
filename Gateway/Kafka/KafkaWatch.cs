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
    /// <summary>The longest pause between two looks: a consumer does not always report that a topic was created again.</summary>
    private static readonly TimeSpan Often = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger = clients.Logger<KafkaWatch>();
    private readonly TimeProvider _time = clients.Time;
    private readonly WatchedSourceTopic[] _topics =
        [.. clients.Options.SourceTopics.Select((name, index) => new WatchedSourceTopic(index, name))];
    private readonly LookLoop _loop = new(clients.Time, health, clients.Options.MetadataRefresh < Often ? clients.Options.MetadataRefresh : Often);
    private readonly KafkaLostPlaces _lostPlaces = new(place, clients.Logger<KafkaLostPlaces>());
    private readonly KafkaRecordLimits _limits = new(clients);
    private volatile TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether a look of this run has found a source topic to be created again.</summary>
    private bool _isAnother;

    /// <summary>Whether the reader's consumer has lost its brokers since it last answered.</summary>
    private volatile bool _hasLostReader;

    /// <summary>Looks until it is cancelled, or a source topic was created again: then the reader needs another consumer.</summary>
    /// <param name="reader">Asks over the reader's own connections.</param>
    /// <param name="cancellation">Ends it.</param>
    public Task Run(KafkaTopics reader, CancellationToken cancellation)
    {
        _isAnother = false;
        return _loop.Run(() => Look(reader, cancellation), () => AfterLook(cancellation), cancellation);
    }

    /// <summary>Has the watch look now instead of at the next turn.</summary>
    public void Nudge() => _loop.Nudge();

    /// <summary>The reader's consumer has lost its brokers: no look is well before they answer it again.</summary>
    public void LostReader()
    {
        _hasLostReader = true;
        Nudge();
    }

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
        _lostPlaces.Add(lost);
        Nudge();
    }

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

    private async Task<string?> Look(KafkaTopics reader, CancellationToken cancellation)
    {
        if (_hasLostReader)
        {
            await reader.Describe();
            _hasLostReader = false;
        }

        return await side.Use((client, ending) => LookAtAll(client.Topics).WaitAsync(ending), cancellation);
    }

    private async Task<string?> LookAtAll(KafkaTopics topics)
    {
        var since = _time.GetTimestamp();
        var found = await topics.Describe();
        string? trouble = null;
        foreach (var topic in _topics)
        {
            trouble = await Look(topics, topic, found[topic.Index], since) ?? trouble;
        }

        return await _lostPlaces.Find(topics, _topics) ?? trouble;
    }

    /// <summary>Returns whether there is another look.</summary>
    private async Task<bool> AfterLook(CancellationToken cancellation)
    {
        var looked = _looked;
        _looked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        looked.SetResult();
        if (!_isAnother && !_loop.IsNudged && Array.TrueForAll(_topics, topic => topic.IsPlaced))
        {
            await _limits.Look(side, cancellation);
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

    [LoggerMessage(1020, LogLevel.Information,
        "Source topic {SourceTopic} did not exist and was created.", EventName = "SourceTopicCreated")]
    private partial void LogCreated(string sourceTopic);
}
