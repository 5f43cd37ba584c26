using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>
/// Compares the largest record of each topic with what this node writes and reads, again and again, and logs once what does not fit.
/// </summary>
internal sealed partial class KafkaRecordLimits(KafkaClients clients)
{
    private readonly KafkaConfig _config = clients.Config;
    private readonly KafkaOptions _options = clients.Options;
    private readonly ILogger _logger = clients.Logger<KafkaRecordLimits>();
    private readonly Dictionary<string, int?> _said = [];
    private long? _lookedAt;

    /// <summary>It only warns: the node works, and may never meet such a record.</summary>
    public async Task Look(KafkaSideClient side, CancellationToken cancellation)
    {
        var now = clients.Time.GetTimestamp();
        if (_lookedAt is { } last && clients.Time.GetElapsedTime(last, now) < _options.MetadataRefresh)
        {
            return;
        }

        _lookedAt = now;
        foreach (var (topic, limit) in await Ask(side, cancellation))
        {
            if (!_said.TryGetValue(topic, out var said) || said != limit)
            {
                _said[topic] = limit;
                Say(topic, limit);
            }
        }
    }

    private async Task<IReadOnlyDictionary<string, int?>> Ask(KafkaSideClient side, CancellationToken cancellation)
    {
        try
        {
            return await side.Use(
                (client, ending) => client.Topics.MaxMessageBytes([.. _options.SourceTopics, .. _options.TableTopics]).WaitAsync(ending), cancellation);
        }
        catch (KafkaException)
        {
            // The client cannot be built now: the next look at the topics says why.
            return new Dictionary<string, int?>();
        }
    }

    /// <summary>How the largest record of a topic goes with what this node writes and reads.</summary>
    /// <param name="clients">The settings.</param>
    /// <param name="topic">Its name.</param>
    /// <param name="limit">The largest, in bytes; null where the broker does not say.</param>
    public static RecordLimit Judge(KafkaClients clients, string topic, int? limit) =>
        limit is null ? RecordLimit.Unknown
        : limit > clients.Config.ReadableMaxBytes ? RecordLimit.TooHigh
        : topic == clients.Options.WriteTo && limit < clients.Config.RecordMaxBytes ? RecordLimit.TooLow
        : RecordLimit.Fits;

    private void Say(string topic, int? limit)
    {
        switch (Judge(clients, topic, limit))
        {
            case RecordLimit.Unknown:
                LogUnknown(topic, _config.ReadableMaxBytes);
                break;
            case RecordLimit.TooHigh:
                LogTooHigh(topic, limit!.Value, _config.ReadableMaxBytes);
                break;
            case RecordLimit.TooLow:
                LogTooLow(topic, limit!.Value, _config.RecordMaxBytes);
                break;
        }
    }

    [LoggerMessage(1021, LogLevel.Warning,
        "Source topic {SourceTopic} takes {Limit} bytes (max.message.bytes), but MESSAGE_MAX_BYTES and what comes with a record need "
        + "{Needed}: larger messages are refused as too large.", EventName = "SourceTopicLimitTooLow")]
    private partial void LogTooLow(string sourceTopic, int limit, int needed);

    [LoggerMessage(1023, LogLevel.Warning,
        "Topic {Topic} takes {Limit} bytes (max.message.bytes), but this node reads {Most}: a larger record would stop the reading "
        + "of the topic. Lower the one, or raise the other by KAFKA_CLIENT_RECEIVE_MESSAGE_MAX_BYTES.", EventName = "TopicLimitTooHigh")]
    private partial void LogTooHigh(string topic, int limit, int most);

    [LoggerMessage(1024, LogLevel.Warning,
        "Topic {Topic}: this node may not ask how large its records may be (DescribeConfigs), and reads records up to {Most} bytes.",
        EventName = "TopicLimitUnknown")]
    private partial void LogUnknown(string topic, int most);
}

/// <summary>See <see cref="KafkaRecordLimits.Judge"/>.</summary>
internal enum RecordLimit
{
    Fits,
    TooHigh,
    TooLow,
    Unknown,
}
