using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using RigKafka.Log;

namespace RigKafka.Kafka;

/// <summary>
/// Looks again and again whether the topic of a table exists and can hold one. Has the reader start over when the topic is
/// another, when it has lost its end, or when the reader was away for so long that it cannot tell what was removed meanwhile.
/// </summary>
/// <param name="table">The topic.</param>
/// <param name="clients">The settings, the clock and the log.</param>
/// <param name="reader">Reads it.</param>
/// <param name="loop">Says when to look.</param>
internal sealed partial class KafkaTableWatch(
    TableTopic table, KafkaClients clients, KafkaTableReader reader, LookLoop loop)
{
    private const string Policy = "cleanup.policy";
    private const string Compact = "compact";
    private const string Retention = "delete.retention.ms";
    private const long DefaultRetentionMs = 24 * 60 * 60 * 1000;

    private readonly ILogger _logger = clients.Logger<KafkaTableWatch>();
    private readonly TimeProvider _time = clients.Time;
    private readonly KafkaOptions _options = clients.Options;
    private readonly TableMemory _memory = reader.Memory;
    private readonly string _topic = table.Name;
    private TopicId? _id;

    /// <summary>Whether the last look has found it to be created again.</summary>
    private bool _isAnother;

    /// <summary>When the reader last had everything, by both clocks: one stops while the machine sleeps, the other may be set.</summary>
    private (long Timestamp, DateTimeOffset Time) _upToDate;

    /// <summary>Where the topic ended at the last look, and when that was: the end of a busy topic moves on between looks.</summary>
    private (long Offset, (long Timestamp, DateTimeOffset Time) At)? _lastEnd;

    /// <summary>The topic exists, and the reader was sent to it.</summary>
    public event Action? Placed;

    /// <summary>Looks until it is cancelled, or the topic was created again: then the reader needs another consumer.</summary>
    public Task Run(KafkaTopics topics, CancellationToken cancellation)
    {
        _isAnother = false;
        return loop.Run(() => Look(topics), () => Task.FromResult(!_isAnother), cancellation);
    }

    private async Task<string?> Look(KafkaTopics topics) => await Look(topics, (await topics.Describe([_topic])).Single());

    /// <summary>How the topic of a table is created.</summary>
    public static TopicSpecification Specification(TableTopic table, KafkaOptions options) => new()
    {
        Name = table.Name,
        NumPartitions = 1,
        ReplicationFactor = (short)options.ReplicationFactor,
        Configs = new Dictionary<string, string>(table.Configuration)
        {
            [Policy] = Compact,
            ["segment.bytes"] = $"{16 * 1024 * 1024}",
            ["segment.ms"] = $"{60 * 60 * 1000}",
        },
    };

    /// <summary>
    /// Why a topic cannot hold a table; null when it can. One that deletes by age or size would forget the blacklist, and only one
    /// partition has one order.
    /// </summary>
    /// <param name="topic">Its name.</param>
    /// <param name="partitions">How many it has.</param>
    /// <param name="policy">Its policy; null where the broker does not say.</param>
    public static string? WhyUnfit(string topic, int partitions, string? policy) =>
        partitions != 1
        ? $"Table topic {topic} has {partitions} partitions and cannot hold a table, which needs one; "
            + "name another topic, or delete this one and it is created as needed."
        : policy is not (null or Compact)
        ? $"Table topic {topic} has {Policy}={policy} and cannot hold a table, which needs {Policy}={Compact}; "
            + "set that, or name another topic."
        : null;

    /// <summary>What is wrong with the topic; null when nothing is.</summary>
    private async Task<string?> Look(KafkaTopics topics, TopicDescription found)
    {
        if (found.Error.Code == ErrorCode.UnknownTopicOrPart)
        {
            return await Create(topics);
        }

        if (found.Error.IsError)
        {
            return $"Table topic {_topic}: {found.Error.Reason}";
        }

        if (found.Partitions.Any(partition => partition.Leader is null))
        {
            return $"Table topic {_topic}: it has no leader.";
        }

        var id = TopicId.Of(found.TopicId);
        var isAnother = _id != id;
        if (isAnother && await Check(topics, found) is { } unfit)
        {
            // Only at start: a node that runs already is of more use with the copy that it has than stopped.
            return _id is null ? throw new TableRefusedException(unfit) : unfit;
        }

        // In this order: otherwise a record written in between would look like a lost end.
        var following = reader.Following;
        var now = (_time.GetTimestamp(), _time.GetUtcNow());
        var end = (await topics.Offsets(_topic, [0], OffsetSpec.Latest()))[0].Offset.Value;
        if (WhyAnew(isAnother, following, end) is { } reading)
        {
            Say(reading);
            _isAnother = isAnother && _id is not null;
            (_id, _upToDate) = (id, now);
            reader.Place(end, reading, isSameLog: !isAnother && reading == TableReading.AfterAbsence);
            Placed?.Invoke();
        }
        else if (following is null || following >= end)
        {
            _upToDate = now;
        }
        else if (following >= _lastEnd?.Offset)
        {
            _upToDate = _lastEnd.Value.At;
        }

        _lastEnd = (end, now);
        return null;
    }

    private TableReading? WhyAnew(bool isAnother, long? following, long end) =>
        _id is null ? TableReading.AtStart
        : following is not null && WasAway ? TableReading.AfterAbsence
        : isAnother ? TableReading.Recreated
        : reader.IsLost || following > end ? TableReading.Truncated
        : null;

    /// <summary>A node that looks as often as it should is never away, however short removals are kept.</summary>
    private bool WasAway
    {
        get
        {
            // This node knows what it has read one look late, and a look takes time.
            var kept = _memory.Remembered > 3 * _options.MetadataRefresh ? _memory.Remembered : 3 * _options.MetadataRefresh;
            return _time.GetElapsedTime(_upToDate.Timestamp) > kept || _time.GetUtcNow() - _upToDate.Time > kept;
        }
    }

    private void Say(TableReading reading)
    {
        switch (reading)
        {
            case TableReading.Recreated:
                LogRecreated(_topic);
                break;
            case TableReading.Truncated:
                LogTruncated(_topic);
                break;
            case TableReading.AfterAbsence:
                LogReadAnew(_topic, Retention);
                break;
        }
    }

    private async Task<string?> Check(KafkaTopics topics, TopicDescription found)
    {
        if (WhyUnfit(_topic, found.Partitions.Count, policy: null) is { } unfit)
        {
            return unfit;
        }

        var configuration = await topics.Configuration(_topic) ?? table.Configuration;
        var hasRetention = long.TryParse(configuration.GetValueOrDefault(Retention), CultureInfo.InvariantCulture, out var retentionMs);
        _memory.Remembered = TimeSpan.FromMilliseconds(hasRetention ? retentionMs : DefaultRetentionMs);
        var policy = configuration.GetValueOrDefault(Policy);
        if (policy is null)
        {
            LogUnchecked(_topic);
        }

        return WhyUnfit(_topic, found.Partitions.Count, policy);
    }

    private async Task<string> Create(KafkaTopics topics)
    {
        var refusal = await topics.Create(Specification(table, _options));
        if (refusal is { Code: not ErrorCode.TopicAlreadyExists })
        {
            return $"Table topic {_topic} is missing and could not be created: {refusal.Reason}";
        }

        loop.Nudge();
        if (refusal is not null)
        {
            return $"Table topic {_topic} is not known to every broker yet.";
        }

        LogCreated(_topic);
        return $"Table topic {_topic} has just been created.";
    }

    [LoggerMessage(1055, LogLevel.Information,
        "Table topic {TableTopic} did not exist and was created, compacted.", EventName = "TableTopicCreated")]
    private partial void LogCreated(string tableTopic);

    [LoggerMessage(1056, LogLevel.Warning,
        "Table topic {TableTopic} was deleted and created again: entries that this node knows and the new topic does not get are put back.",
        EventName = "TableTopicRecreated")]
    private partial void LogRecreated(string tableTopic);

    [LoggerMessage(1062, LogLevel.Warning,
        "Table topic {TableTopic} has lost its end: it is read again, and what this node knows beyond it is put back.",
        EventName = "TableTopicTruncated")]
    private partial void LogTruncated(string tableTopic);

    [LoggerMessage(1063, LogLevel.Warning,
        "Table topic {TableTopic}: this node did not read it for longer than removals are kept ({Retention}), so it is read anew, "
        + "and what it no longer has is dropped.", EventName = "TableReadAnew")]
    private partial void LogReadAnew(string tableTopic, string retention);

    [LoggerMessage(1057, LogLevel.Warning,
        "Table topic {TableTopic}: the broker does not say whether it is compacted, as it must be (cleanup.policy=compact).",
        EventName = "TableTopicUnchecked")]
    private partial void LogUnchecked(string tableTopic);
}
