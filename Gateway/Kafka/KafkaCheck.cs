using System.Runtime.CompilerServices;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using RigKafka.Log;
using RigKafka.Settings;

namespace RigKafka.Kafka;

/// <summary>Looks whether a node with these settings could work with the brokers. It creates nothing, and reads and writes no record.</summary>
internal sealed class KafkaCheck(KafkaClients clients, IEnumerable<TableDeclaration> tables, IEnumerable<WrittenTopic> written)
{
    private const string Policy = "cleanup.policy";
    private const string MaxBytes = "max.message.bytes";

    private readonly KafkaOptions _options = clients.Options;
    private readonly KafkaHealth _health = clients.Health();

    public async IAsyncEnumerable<CheckResult> Look([EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var client = new KafkaConsumer<Ignore, Ignore>(
            KafkaClients.Consumer<Ignore, Ignore>(clients.Config.SideConsumer(), _health, _ => { }, _ => { }), _options);
        var reached = await Try(() => client.Topics.Brokers());
        yield return reached.Trouble is { } trouble
            ? CheckResult.Wrong($"{trouble}; expected brokers at KAFKA_HOSTS={string.Join(',', _options.Hosts)}.")
            : CheckResult.Ok($"Kafka answers, with {reached.Value!.Count} broker(s).");
        if (reached.Trouble is not null)
        {
            yield break;
        }

        var group = $"{_options.ConsumerGroup}-check";
        var mayUseGroup = await Try(() => client.Topics.MayDescribeGroup(group));
        if (mayUseGroup is not { Trouble: null, Value: true })
        {
            yield return CheckResult.Wrong(mayUseGroup.Trouble is { } unknown
                ? $"Groups whose names begin with {_options.ConsumerGroup}: {unknown}; expected an answer."
                : $"Groups whose names begin with {_options.ConsumerGroup} may not be used; expected the rights Read and Describe (KAFKA_CONSUMER_GROUP).");
        }

        foreach (var (name, look) in Looks(client.Topics))
        {
            cancellation.ThrowIfCancellationRequested();
            var found = await Try(look);
            foreach (var result in found.Trouble is { } failure ? [CheckResult.Wrong($"Topic {name}: {failure}; expected an answer.")] : found.Value!)
            {
                yield return result;
            }
        }
    }

    private IEnumerable<(string Name, Func<Task<IReadOnlyList<CheckResult>>> Look)> Looks(KafkaTopics topics)
    {
        var own = Topics().ToList();
        foreach (var (name, specification, needed) in own)
        {
            yield return (name, () => Look(topics, name, specification, needed));
        }

        foreach (var topic in written.DistinctBy(topic => topic.Name).ExceptBy(own.Select(topic => topic.Name), topic => topic.Name))
        {
            yield return (topic.Name, () => LookAtWritten(topics, topic));
        }
    }

    /// <summary>Each topic, how it is created if it is missing, and what the node must be allowed to do with it.</summary>
    private IEnumerable<(string Name, TopicSpecification Specification, AclOperation[] Needed)> Topics() =>
    [
        .. from name in _options.SourceTopics
           let isWritten = name == _options.WriteTo || written.Any(topic => topic.Name == name)
           select (name, KafkaTopics.Source(name, _options), isWritten ? [AclOperation.Read, AclOperation.Write] : new[] { AclOperation.Read }),
        .. from table in tables
           select (table.Topic.Name, KafkaTableWatch.Specification(table.Topic, _options), new[] { AclOperation.Read, AclOperation.Write }),
    ];

    private async Task<IReadOnlyList<CheckResult>> Look(
        KafkaTopics topics, string name, TopicSpecification specification, IReadOnlyList<AclOperation> needed)
    {
        var found = (await topics.Describe([name])).Single();
        if (found.Error.Code == ErrorCode.UnknownTopicOrPart)
        {
            return [await topics.Create(specification, validateOnly: true) is { } refusal
                ? CheckResult.Wrong($"Topic {name} is missing, and could not be created: {refusal.Reason} Expected the topic, or the right Create.")
                : CheckResult.Note($"Topic {name} is missing, and can be created: the first node that starts creates it.")];
        }

        if (found.Error.IsError)
        {
            return [CheckResult.Wrong($"Topic {name}: {found.Error.Reason} Expected a topic that this node may describe.")];
        }

        var rights = await topics.Rights(name);
        var mistakes = needed.Except(rights).Select(right => $"Topic {name}: expected the right {right}.").ToList();
        if (found.Partitions.Count(partition => partition.Leader is null) is var leaderless and > 0)
        {
            mistakes.Add($"Topic {name}: {leaderless} of {found.Partitions.Count} partitions have no leader; expected one for each.");
        }

        var configuration = await topics.Configuration(name);
        mistakes.AddRange(configuration is null
            ? [$"Topic {name}: expected the right DescribeConfigs, to see whether its limits fit."]
            : Mistakes(name, found.Partitions.Count, configuration, isTable: specification.Configs is not null));
        return mistakes.Count > 0
            ? [.. mistakes.Select(CheckResult.Wrong)]
            : [CheckResult.Ok($"Topic {name}: {found.Partitions.Count} partition(s), {Policy}={configuration![Policy]}, {MaxBytes}={configuration[MaxBytes]}.")];
    }

    private static async Task<IReadOnlyList<CheckResult>> LookAtWritten(KafkaTopics topics, WrittenTopic topic)
    {
        var found = (await topics.Describe([topic.Name])).Single();
        if (found.Error.Code == ErrorCode.UnknownTopicOrPart)
        {
            return [CheckResult.Wrong($"Topic {topic.Name} is missing, and no node creates it; expected the topic that {topic.Setting} names.")];
        }

        return [found.Error.IsError ? CheckResult.Wrong($"Topic {topic.Name}: {found.Error.Reason} Expected a topic that this node may describe ({topic.Setting}).")
            : (await topics.Rights(topic.Name)).Contains(AclOperation.Write) ? CheckResult.Ok($"Topic {topic.Name}: {found.Partitions.Count} partition(s), to be written.")
            : CheckResult.Wrong($"Topic {topic.Name}: expected the right {AclOperation.Write} ({topic.Setting}).")];
    }

    private IEnumerable<string> Mistakes(string name, int partitions, IReadOnlyDictionary<string, string> configuration, bool isTable)
    {
        if (isTable && KafkaTableWatch.WhyUnfit(name, partitions, configuration.GetValueOrDefault(Policy)) is { } unfit)
        {
            yield return unfit;
        }

        var limit = KafkaTopics.MaxMessageBytes(configuration);
        if (KafkaRecordLimits.Judge(clients, name, limit) switch
        {
            RecordLimit.TooHigh => $"at most {clients.Config.ReadableMaxBytes}, since this node reads no more (KAFKA_CLIENT_RECEIVE_MESSAGE_MAX_BYTES)",
            RecordLimit.TooLow => $"at least {clients.Config.RecordMaxBytes}, for MESSAGE_MAX_BYTES and what comes with a record",
            _ => null,
        } is { } expected)
        {
            yield return $"Topic {name}: {MaxBytes}={limit}; expected {expected}.";
        }
    }

    /// <summary>What a question is answered with, or why it is not.</summary>
    private async Task<(T? Value, string? Trouble)> Try<T>(Func<Task<T>> ask)
    {
        try
        {
            return (await ask(), null);
        }
        catch (KafkaException failure)
        {
            _health.OutOfReach(failure.Error);
            return (default, _health.Now.Trouble);
        }
    }
}
