using System.Collections.Concurrent;
using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using RigKafka.Kafka;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>What a test does to topics behind the gateway's back.</summary>
internal sealed class TestTopics : IDisposable
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(20);

    /// <summary>A consumer: what others ask for is created, where the broker does that.</summary>
    private readonly IConsumer<Ignore, Ignore> _consumer;
    private readonly IAdminClient _looking;
    private readonly KafkaAdmin _asking;
    private readonly ConcurrentBag<Task> _ending = [];

    /// <summary>The last incarnation of each topic that was deleted.</summary>
    private readonly ConcurrentDictionary<string, uint?> _deleted = [];
    private readonly ConcurrentBag<IProducer<byte[]?, byte[]?>> _formerProducers = [];
    private volatile IProducer<byte[]?, byte[]?> _producer;

    public TestTopics(string hosts)
    {
        (Hosts, _producer) = (hosts, NewProducer(hosts));
        _consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = hosts, GroupId = "test" }).SetLogHandler((_, _) => { }).Build();
        _looking = new DependentAdminClientBuilder(_consumer.Handle).Build();
        _asking = new KafkaAdmin(_consumer.Handle);
    }

    public string Hosts { get; }

    public static string NewName() => $"test-{Guid.NewGuid():N}";

    /// <summary>Creates a topic. A broker learns of it, and of who leads it, a moment after it has answered.</summary>
    /// <param name="partitions">How many partitions it has.</param>
    /// <param name="name">Its name.</param>
    /// <param name="configs">How it differs from others.</param>
    /// <param name="replicas">The brokers that have each partition, first the one that leads it; without them, the cluster chooses.</param>
    public async Task<string> Create(int partitions, string? name = null, Dictionary<string, string>? configs = null, IReadOnlyList<List<int>>? replicas = null)
    {
        name ??= NewName();
        var topic = new TopicSpecification { Name = name, NumPartitions = partitions, Configs = configs };
        if (replicas is not null)
        {
            topic.ReplicasAssignments = replicas.Index().ToDictionary(partition => partition.Index, partition => partition.Item);
        }

        await Change(admin => admin.CreateTopicsAsync([topic]));
        await Wait.Until(() => Partitions(name).Count(partition => partition.Leader >= 0) == partitions, $"{name} is there");
        return name;
    }

    public async Task Delete(string name)
    {
        var former = await Epoch(name);
        _deleted[name] = former;
        await Try(() => Change(admin => admin.DeleteTopicsAsync([name])), async () => await Epoch(name) != former, $"{name} is deleted");
        ForgetMetadata();
    }

    /// <summary>
    /// Deleting takes a moment after it was answered. A producer that asks for the topic meanwhile makes the broker create it, with one
    /// partition: the others are added.
    /// </summary>
    public Task CreateAgain(string name, int partitions, Dictionary<string, string>? configs = null, IReadOnlyList<List<int>>? replicas = null)
    {
        return Try(
            async () => await (await IsNew() && PartitionsOf(name) < partitions ? AddPartitions(name, partitions) : Create(partitions, name, configs, replicas)),
            async () => await IsNew() && PartitionsOf(name) == partitions,
            $"{name} is there again");

        async Task<bool> IsNew() => await Epoch(name) is { } epoch && epoch != _deleted[name];
    }

    public async Task AddPartitions(string name, int total)
    {
        await Change(admin => admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = name, IncreaseTo = total }]));
        ForgetMetadata();
    }

    public Task DeleteRecords(string name, int partition, long before) => Change(admin => admin.DeleteRecordsAsync([new TopicPartitionOffset(name, partition, before)]));

    public int PartitionsOf(string name) => _looking.GetMetadata(name, Limits.Hang).Topics.Single() is { Error.IsError: false } topic ? topic.Partitions.Count : 0;

    /// <summary>Which incarnation of a topic there is, as ids of events have it; null while the broker does not say.</summary>
    public async Task<uint?> Epoch(string name)
    {
        var found = (await new KafkaTopics(_asking, new KafkaOptions()).Describe([name]).Soon()).Single();
        return found.Error.IsError ? null : TopicId.Of(found.TopicId).Epoch(name);
    }

    public async Task<IReadOnlyDictionary<string, string>> Configuration(string name) =>
        (await new KafkaTopics(_asking, new KafkaOptions()).Configuration(name).Soon())!;

    public Task Configure(string name, string property, string value) => Change(admin => admin.IncrementalAlterConfigsAsync(new()
    {
        [new ConfigResource { Type = ResourceType.Topic, Name = name }] = [new ConfigEntry { Name = property, Value = value, IncrementalOperation = AlterConfigOpType.Set }],
    }));

    /// <summary>Lets a user do everything with a topic but one thing.</summary>
    public Task Forbid(string name, string user, AclOperation operation) => Change(admin => admin.CreateAclsAsync(
        [Rule(name, user, AclOperation.All, AclPermissionType.Allow), Rule(name, user, operation, AclPermissionType.Deny)]));

    /// <summary>Whether every partition has a leader that is not this broker.</summary>
    public bool IsLedWithout(int broker, string name) => Partitions(name).All(partition => partition.Leader >= 0 && partition.Leader != broker);

    /// <summary>Has every partition led by the broker that is its first replica, where that is possible.</summary>
    public Task ElectPreferredLeaders(string name) => Change(admin => admin.ElectLeadersAsync(
        ElectionType.Preferred, Enumerable.Range(0, PartitionsOf(name)).Select(partition => new TopicPartition(name, partition)).ToList()));

    /// <summary>Whether every partition has all its replicas.</summary>
    public bool IsWhole(string name) => Partitions(name).All(partition => partition.InSyncReplicas.Length == partition.Replicas.Length);

    public Task Write(string name, int partition, string value) => Write(name, partition, new Message<byte[]?, byte[]?> { Value = Encoding.UTF8.GetBytes(value) });

    public Task Write(string name, int partition, Message<byte[]?, byte[]?> record) => _producer.ProduceAsync(new TopicPartition(name, partition), record).Soon();

    /// <summary>Where each partition of a topic ends.</summary>
    public IReadOnlyList<long> Ends(string name)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = Hosts, GroupId = "test" }).SetLogHandler((_, _) => { }).Build();
        return [.. Enumerable.Range(0, PartitionsOf(name)).Select(partition => consumer.QueryWatermarkOffsets(new TopicPartition(name, partition), Limits.Hang).High.Value)];
    }

    /// <summary>Everything that stands in a topic now, each partition in order.</summary>
    /// <param name="name">The topic.</param>
    /// <param name="from">From these offsets on; a partition that is not among them, from its beginning.</param>
    public IReadOnlyList<WrittenRecord> ReadAll(string name, IReadOnlyList<long>? from = null)
    {
        using var consumer = new ConsumerBuilder<byte[]?, byte[]?>(new ConsumerConfig { BootstrapServers = Hosts, GroupId = "test", EnableAutoCommit = false, AutoOffsetReset = AutoOffsetReset.Earliest }).SetLogHandler((_, _) => { }).Build();
        var partitions = Enumerable.Range(0, PartitionsOf(name)).Select(partition => new TopicPartition(name, partition)).ToList();
        var left = partitions.Select(partition => consumer.QueryWatermarkOffsets(partition, Limits.Hang)).Index().Sum(each => each.Item.High.Value - Math.Max(each.Item.Low.Value, From(each.Index)));
        consumer.Assign(partitions.Select(partition => new TopicPartitionOffset(partition, From(partition.Partition))));
        var records = new List<WrittenRecord>();
        while (records.Count < left)
        {
            var read = consumer.Consume(Limits.Hang) ?? throw new TimeoutException($"Only {records.Count} of {left} records of {name} came.");
            records.Add(new WrittenRecord(
                read.Partition.Value, read.Offset.Value, WrittenRecord.Text(read.Message.Key), WrittenRecord.Text(read.Message.Value), [.. read.Message.Headers.Select(header => (header.Key, WrittenRecord.Text(header.GetValueBytes())!))]));
        }

        return records;

        long From(int partition) => from is not null && partition < from.Count ? from[partition] : 0;
    }

    /// <summary>How many records are left in a topic whose offsets have holes, as after compaction.</summary>
    public int CountRecords(string name) => Keys(name).Count;

    /// <summary>The keys of what is left in a topic whose offsets have holes, as after compaction.</summary>
    public IReadOnlyList<string?> Keys(string name)
    {
        using var consumer = new ConsumerBuilder<byte[]?, Ignore>(new ConsumerConfig { BootstrapServers = Hosts, GroupId = "test", EnableAutoCommit = false, EnablePartitionEof = true }).SetLogHandler((_, _) => { }).Build();
        consumer.Assign(new TopicPartitionOffset(name, 0, Offset.Beginning));
        var keys = new List<string?>();
        while ((consumer.Consume(Limits.Hang) ?? throw new TimeoutException($"{name} has no end.")) is { IsPartitionEOF: false } record)
        {
            keys.Add(WrittenRecord.Text(record.Message.Key));
        }

        return keys;
    }

    public void Dispose()
    {
        foreach (var producer in _formerProducers.Append(_producer))
        {
            producer.Dispose();
        }

        _asking.DisposeAsync().AsTask().Wait(Limits.Hang);
        _looking.Dispose();
        _consumer.Dispose();
        Task.WaitAll([.. _ending], Limits.Hang);
    }

    /// <summary>A busy broker may do what it was asked for, and answer that it was out of time, or that it is done already.</summary>
    private static Task Try(Func<Task> change, Func<Task<bool>> isDone, string what) => Wait.Until(
        async () =>
        {
            try
            {
                await change().WaitAsync(AnswerTimeout);
            }
            catch (Exception failure) when (failure is KafkaException or TimeoutException)
            {
            }

            try
            {
                return await isDone();
            }
            catch (KafkaException)
            {
                return false;
            }
        },
        what);

    private static AclBinding Rule(string name, string user, AclOperation operation, AclPermissionType permission) => new()
    {
        Pattern = new ResourcePattern { Type = ResourceType.Topic, Name = name, ResourcePatternType = ResourcePatternType.Literal },
        Entry = new AccessControlEntry { Principal = $"User:{user}", Host = "*", Operation = operation, PermissionType = permission },
    };

    private List<PartitionMetadata> Partitions(string name) => _looking.GetMetadata(name, Limits.Hang).Topics.Single().Partitions;

    /// <summary>
    /// By a client of its own for each request. One that has seen a topic may never find the leader of a partition that is added later. And
    /// one that cannot read an answer frees what it has, says nothing, and ends the process at the next call: it is left alone.
    /// </summary>
    private async Task Change(Func<IAdminClient, Task> request)
    {
        var admin = NewAdmin(Hosts);
        var answer = request(admin);
        try
        {
            await answer.Soon();
        }
        finally
        {
            if (answer.IsCompleted)
            {
                // It takes its time.
                _ending.Add(Task.Run(admin.Dispose));
            }
        }
    }

    private static IAdminClient NewAdmin(string hosts) => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = hosts }).SetLogHandler((_, _) => { }).Build();

    private static IProducer<byte[]?, byte[]?> NewProducer(string hosts) =>
        new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = hosts, LingerMs = 0, Acks = Acks.All, MessageMaxBytes = 100_000_000 }).SetLogHandler((_, _) => { }).Build();

    /// <summary>
    /// A producer refuses partitions that it does not know yet, and looks again only after minutes. The former one stays until
    /// the end, as a test may be writing to it meanwhile: the library reads freed memory when a producer is called that is gone.
    /// </summary>
    private void ForgetMetadata()
    {
        _formerProducers.Add(_producer);
        _producer = NewProducer(Hosts);
    }
}
