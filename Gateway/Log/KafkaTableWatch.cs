using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace RigKafka.Log;

/// <summary>Sees to it that the topic of a table is there and can be one, now and again, and has the reader start over in a new incarnation of it.</summary>
/// <param name="table">The topic.</param>
/// <param name="topics">Asks the brokers.</param>
/// <param name="options">The settings of Kafka.</param>
/// <param name="health">Is told what is wrong.</param>
/// <param name="place">Is called with the end of the topic when it is to be read from its beginning.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class KafkaTableWatch(TableTopic table, KafkaTopics topics, KafkaOptions options, KafkaHealth health, Action<long> place, TimeProvider time, ILogger<KafkaTableWatch> logger)
{
    private const string Policy = "cleanup.policy";
    private const string Compact = "compact";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(100);

    private readonly string _topic = table.Name;
    private volatile TaskCompletionSource _nudge = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Uuid? _id;

    public async Task Run(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                _nudge = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                var wait = await Look().WaitAsync(cancellation);
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

    private async Task<TimeSpan> Look()
    {
        try
        {
            if (await Look((await topics.Describe([_topic])).Single()) is { } trouble)
            {
                health.ReadingFails(trouble);
                return Soon;
            }

            health.ReadingWorks();
            return options.MetadataRefresh;
        }
        catch (KafkaException failure)
        {
            health.OutOfReach(failure.Error);
            return Soon;
        }
    }

    /// <summary>What is wrong with the topic; null when nothing is.</summary>
    private async Task<string?> Look(TopicDescription found)
    {
        if (found.Error.Code == ErrorCode.UnknownTopicOrPart)
        {
            return await Create();
        }

        if (found.Error.IsError)
        {
            return $"Table topic {_topic}: {found.Error.Reason}";
        }

        if (found.Partitions.Any(partition => partition.Leader is null))
        {
            return $"Table topic {_topic}: it has no leader.";
        }

        if (_id is not null && found.TopicId.MostSignificantBits == _id.MostSignificantBits && found.TopicId.LeastSignificantBits == _id.LeastSignificantBits)
        {
            return null;
        }

        if (await Check(found) is { } unfit)
        {
            // Only at start: a node that runs already is of more use with what it knows than stopped.
            return _id is null ? throw new TableRefusedException(unfit) : unfit;
        }

        var end = (await topics.Offsets(_topic, [0], OffsetSpec.Latest()))[0];
        if (_id is not null)
        {
            LogRecreated(_topic);
        }

        _id = found.TopicId;
        place(end);
        return null;
    }

    /// <summary>A topic that forgets by age or size would let in whom it was to keep out, and only one partition has one order.</summary>
    private async Task<string?> Check(TopicDescription found)
    {
        if (found.Partitions.Count != 1)
        {
            return $"Table topic {_topic} has {found.Partitions.Count} partitions and cannot hold a table, which needs one; name another topic, or delete this one and it is created as needed.";
        }

        var policy = (await topics.Configuration(_topic))?.GetValueOrDefault(Policy);
        if (policy is null)
        {
            LogUnchecked(_topic);
        }

        return policy is null or Compact
            ? null
            : $"Table topic {_topic} has {Policy}={policy} and cannot hold a table, which needs {Policy}={Compact}; set that, or name another topic.";
    }

    private async Task<string> Create()
    {
        var specification = new TopicSpecification
        {
            Name = _topic,
            NumPartitions = 1,
            ReplicationFactor = (short)options.ReplicationFactor,
            Configs = new Dictionary<string, string>(table.Configuration) { [Policy] = Compact, ["segment.bytes"] = $"{16 * 1024 * 1024}", ["segment.ms"] = $"{60 * 60 * 1000}" },
        };
        if (await topics.Create(specification) is { } refusal)
        {
            return $"Table topic {_topic} is missing and could not be created: {refusal.Reason}";
        }

        LogCreated(_topic);
        Nudge();
        return $"Table topic {_topic} has just been created.";
    }

    [LoggerMessage(1055, LogLevel.Information, "Table topic {TableTopic} did not exist and was created, compacted.", EventName = "TableTopicCreated")]
    private partial void LogCreated(string tableTopic);

    [LoggerMessage(1056, LogLevel.Warning, "Table topic {TableTopic} was deleted and created again: this node keeps what it knew, but what nobody writes again is lost when it stops.", EventName = "TableTopicRecreated")]
    private partial void LogRecreated(string tableTopic);

    [LoggerMessage(1057, LogLevel.Warning, "Table topic {TableTopic}: the broker does not say whether it is compacted, as it must be (cleanup.policy=compact).", EventName = "TableTopicUnchecked")]
    private partial void LogUnchecked(string tableTopic);
}
