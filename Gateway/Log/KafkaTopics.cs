using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace RigKafka.Log;

/// <summary>Asks the brokers about the source topics, and creates what is missing.</summary>
internal sealed class KafkaTopics(KafkaAdmin admin, KafkaOptions options)
{
    /// <summary>The source topics in the order of the settings; each has an error of its own.</summary>
    public async Task<IReadOnlyList<TopicDescription>> Describe()
    {
        var found = new List<TopicDescription>();
        foreach (var name in options.SourceTopics)
        {
            if (await admin.WhyNotToDescribe(name) is { } error)
            {
                found.Add(new TopicDescription { Name = name, Error = error });
            }
        }

        var names = options.SourceTopics.Except(found.Select(topic => topic.Name)).ToList();
        if (names.Count > 0)
        {
            found.AddRange(await DescribeUnchecked(names));
        }

        return [.. options.SourceTopics.Select(name => found.Single(topic => topic.Name == name))];
    }

    private async Task<List<TopicDescription>> DescribeUnchecked(List<string> names)
    {
        try
        {
            return (await admin.Ask((client, timeout) => client.DescribeTopicsAsync(TopicCollection.OfTopicNames(names), new DescribeTopicsOptions { RequestTimeout = timeout }))).TopicDescriptions;
        }
        catch (DescribeTopicsException some)
        {
            return some.Results.TopicDescriptions;
        }
    }

    /// <summary>Creates a source topic; null when it is there now, whoever created it.</summary>
    public async Task<Error?> Create(string topic)
    {
        try
        {
            var specification = new TopicSpecification { Name = topic, NumPartitions = options.Partitions, ReplicationFactor = (short)options.ReplicationFactor };
            await admin.Ask(async (client, timeout) =>
            {
                await client.CreateTopicsAsync([specification], new CreateTopicsOptions { RequestTimeout = timeout, OperationTimeout = timeout });
                return true;
            });
            return null;
        }
        catch (CreateTopicsException refusal)
        {
            var error = refusal.Results.Single().Error;
            return error.Code == ErrorCode.TopicAlreadyExists ? null : error;
        }
    }

    /// <summary>Where partitions begin or end now; the end is that of what is committed.</summary>
    public async Task<Dictionary<int, long>> Offsets(string topic, IEnumerable<int> partitions, OffsetSpec which)
    {
        var specifications = partitions.Select(partition => new TopicPartitionOffsetSpec { TopicPartition = new TopicPartition(topic, partition), OffsetSpec = which });
        var result = await admin.Ask((client, timeout) => client.ListOffsetsAsync(specifications, new ListOffsetsOptions { RequestTimeout = timeout, IsolationLevel = IsolationLevel.ReadCommitted }));
        return result.ResultInfos.Select(info => info.TopicPartitionOffsetError).ToDictionary(at => at.Partition.Value, at => at.Offset.Value);
    }

    /// <summary>The largest batch of records that a topic takes; null where the broker does not say.</summary>
    public async Task<int?> MaxMessageBytes(string topic)
    {
        try
        {
            var result = await admin.Ask((client, timeout) => client.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Topic, Name = topic }], new DescribeConfigsOptions { RequestTimeout = timeout }));
            return int.Parse(result.Single().Entries["max.message.bytes"].Value, CultureInfo.InvariantCulture);
        }
        catch (Exception refusal) when (refusal is KafkaException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }
}
