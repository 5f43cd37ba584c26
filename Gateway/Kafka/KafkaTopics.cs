using System.Collections.Concurrent;
using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace RigKafka.Kafka;

/// <summary>Asks the brokers about topics, and creates what is missing.</summary>
internal sealed class KafkaTopics(KafkaAdmin admin, KafkaOptions options)
{
    /// <summary>The topics of which a broker has said the id.</summary>
    private ConcurrentDictionary<string, bool> _identified = new();

    /// <summary>The same over another client's connections.</summary>
    public KafkaTopics Over(KafkaAdmin another) => new(another, options) { _identified = _identified };

    /// <summary>The source topics in the order of the settings, each with its own error.</summary>
    public Task<IReadOnlyList<TopicDescription>> Describe() => Describe(options.SourceTopics);

    /// <summary>Topics in the order of the names, each with its own error.</summary>
    public async Task<IReadOnlyList<TopicDescription>> Describe(IReadOnlyList<string> names)
    {
        var found = new List<TopicDescription>();
        foreach (var name in names)
        {
            if (await admin.WhyNotToDescribe(name) is { } error)
            {
                found.Add(new TopicDescription { Name = name, Error = error });
            }
        }

        var rest = names.Except(found.Select(topic => topic.Name)).ToList();
        if (rest.Count > 0)
        {
            found.AddRange(await DescribeUnchecked(rest));
        }

        return [.. names.Select(name => Identified(found.Single(topic => topic.Name == name)))];
    }

    /// <summary>
    /// To a broker that breaks off while it starts, the library speaks an old protocol, which has no ids. A topic that had one would look
    /// as if it had been created again.
    /// </summary>
    public TopicDescription Identified(TopicDescription topic)
    {
        if (topic.Error.IsError)
        {
            return topic;
        }

        if (TopicId.Of(topic.TopicId) != default)
        {
            _identified.TryAdd(topic.Name, true);
            return topic;
        }

        return _identified.ContainsKey(topic.Name)
            ? new TopicDescription { Name = topic.Name, Error = new Error(ErrorCode.LeaderNotAvailable, "the broker does not say its id.") }
            : topic;
    }

    private async Task<List<TopicDescription>> DescribeUnchecked(List<string> names)
    {
        try
        {
            var result = await admin.Ask((client, timeout) => client.DescribeTopicsAsync(
                TopicCollection.OfTopicNames(names), new DescribeTopicsOptions { RequestTimeout = timeout }));
            return result.TopicDescriptions;
        }
        catch (DescribeTopicsException some)
        {
            return some.Results.TopicDescriptions;
        }
    }

    /// <summary>How a source topic is created.</summary>
    public static TopicSpecification Source(string topic, KafkaOptions options) => new()
    {
        Name = topic,
        NumPartitions = options.Partitions,
        ReplicationFactor = (short)options.ReplicationFactor,
    };

    /// <summary>Creates a source topic. Returns why it could not; null when it did.</summary>
    public Task<Error?> Create(string topic) => Create(Source(topic, options));

    /// <summary>Creates a topic, or looks whether it could. Returns why it could not; null when it did.</summary>
    public async Task<Error?> Create(TopicSpecification specification, bool validateOnly = false)
    {
        try
        {
            await admin.Ask(async (client, timeout) =>
            {
                await client.CreateTopicsAsync(
                    [specification],
                    new CreateTopicsOptions { RequestTimeout = timeout, OperationTimeout = timeout, ValidateOnly = validateOnly });
                return true;
            });
            return null;
        }
        catch (CreateTopicsException refusal)
        {
            return refusal.Results.Single().Error;
        }
    }

    /// <summary>Where partitions begin or end now, in the order of their numbers. The end is that of committed transactions.</summary>
    public async Task<IReadOnlyList<TopicPartitionOffset>> Offsets(string topic, IEnumerable<int> partitions, OffsetSpec which)
    {
        var specifications = partitions.Select(partition => new TopicPartitionOffsetSpec
        {
            TopicPartition = new TopicPartition(topic, partition),
            OffsetSpec = which,
        });
        var result = await admin.Ask((client, timeout) => client.ListOffsetsAsync(
            specifications, new ListOffsetsOptions { RequestTimeout = timeout, IsolationLevel = IsolationLevel.ReadCommitted }));
        var places = result.ResultInfos.Select(info => info.TopicPartitionOffsetError.TopicPartitionOffset).OrderBy(place => place.Partition.Value).ToList();
        // Where a broker goes away before it answers, the library reports no error, and no offset either.
        return places.Find(place => place.Offset.Value < 0) is { } unknown
            ? throw new KafkaException(new Error(ErrorCode.Local_Transport, $"the broker of {unknown.TopicPartition} went away before it said its offset"))
            : places;
    }

    /// <summary>
    /// The largest batch of records that each topic takes, in bytes; null where the broker
    /// does not say. Without the topics that are missing.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, int?>> MaxMessageBytes(IReadOnlyList<string> names)
    {
        var found = new Dictionary<string, int?>();
        foreach (var name in names)
        {
            try
            {
                found[name] = MaxMessageBytes(await Describe(new ConfigResource { Type = ResourceType.Topic, Name = name }));
            }
            catch (DescribeConfigsException refusal) when (refusal.Results.Single().Error.Code == ErrorCode.TopicAuthorizationFailed)
            {
                found[name] = null;
            }
            catch (KafkaException)
            {
            }
        }

        return found;
    }

    /// <summary>The same of one topic, by its configuration.</summary>
    public static int? MaxMessageBytes(IReadOnlyDictionary<string, string> configuration) =>
        int.TryParse(configuration.GetValueOrDefault("max.message.bytes"), CultureInfo.InvariantCulture, out var limit) ? limit : null;

    /// <summary>The brokers that there are.</summary>
    public async Task<IReadOnlyList<Node>> Brokers() =>
        (await admin.Ask((client, timeout) => client.DescribeClusterAsync(new DescribeClusterOptions { RequestTimeout = timeout }))).Nodes;

    /// <summary>What this node may do with a topic that there is.</summary>
    public async Task<IReadOnlyList<AclOperation>> Rights(string topic)
    {
        var found = await admin.Ask((client, timeout) => client.DescribeTopicsAsync(
            TopicCollection.OfTopicNames([topic]), new DescribeTopicsOptions { RequestTimeout = timeout, IncludeAuthorizedOperations = true }));
        return found.TopicDescriptions.Single().AuthorizedOperations ?? [];
    }

    /// <summary>Whether this node may ask about a group, which need not exist.</summary>
    public async Task<bool> MayDescribeGroup(string group)
    {
        try
        {
            await admin.Ask((client, timeout) => client.DescribeConsumerGroupsAsync([group], new DescribeConsumerGroupsOptions { RequestTimeout = timeout }));
            return true;
        }
        catch (DescribeConsumerGroupsException refusal)
        {
            return refusal.Results.ConsumerGroupDescriptions.Single().Error.Code != ErrorCode.GroupAuthorizationFailed;
        }
    }

    /// <summary>How a topic is configured; null where the broker does not say.</summary>
    public async Task<IReadOnlyDictionary<string, string>?> Configuration(string topic)
    {
        try
        {
            return await Describe(new ConfigResource { Type = ResourceType.Topic, Name = topic });
        }
        catch (KafkaException)
        {
            return null;
        }
    }

    /// <summary>Whether a topic is compacted. Where the broker may not say so, it may be.</summary>
    public async Task<bool> MayBeCompacted(string topic)
    {
        try
        {
            var configuration = await Describe(new ConfigResource { Type = ResourceType.Topic, Name = topic });
            return configuration["cleanup.policy"].Contains("compact", StringComparison.Ordinal);
        }
        catch (DescribeConfigsException refusal) when (refusal.Results.Single().Error.Code == ErrorCode.TopicAuthorizationFailed)
        {
            return true;
        }
    }

    private async Task<Dictionary<string, string>> Describe(ConfigResource resource)
    {
        var result = await admin.Ask((client, timeout) => client.DescribeConfigsAsync(
            [resource], new DescribeConfigsOptions { RequestTimeout = timeout }));
        return result.Single().Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Value);
    }
}
