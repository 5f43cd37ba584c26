using System.Text;
using Confluent.Kafka;
using RigKafka.IntegrationTests.Kafka;

namespace RigKafka.IntegrationTests.Monitoring;

/// <summary>The faults of brokers, and of those who write to them.</summary>
internal abstract class KafkaFaults : FaultyNodes
{
    private KafkaCluster _hanging = null!;

    /// <summary>The broker that hangs.</summary>
    public KafkaBroker Broker => _hanging.Brokers[0];

    /// <summary>Those of the broker that is well.</summary>
    protected TestTopics Topics { get; private set; } = null!;

    /// <summary>Starts the broker that hung, or was killed.</summary>
    public async Task BrokerIsBack()
    {
        Broker.Start();
        await _hanging.WaitUntilUp();
    }

    protected async Task StartBrokers()
    {
        Topics = new TestTopics(await TestKafka.Hosts());
        _hanging = await TestKafka.StartCluster();
    }

    protected override async Task Clean()
    {
        await (_hanging?.DisposeAsync() ?? ValueTask.CompletedTask);
        Topics?.Dispose();
    }

    protected async Task NoKafkaAtStart()
    {
        await using var node = await KafkaNode.Start("127.0.0.1:1", "rig", waitUntilReady: false);
        await IsWatched("without-kafka", node);
        await UntilOver();
    }

    protected async Task BrokerHangs()
    {
        await using var service = await Service.Start(_ => Task.CompletedTask);
        using var topics = new TestTopics(_hanging.Hosts);
        var calls = await topics.Create(partitions: 1);
        await using var node = await KafkaNode.Start(_hanging.Hosts, "rig", new()
        {
            ["PUBLISH_TIMEOUT_MS"] = "2000",
            ["REQUEST_LOG"] = "kafka",
            ["KAFKA_LOG_TOPIC"] = calls,
            ["PROXY_CONFIG_FILE"] = Api(service.Port, isOpen: false),
        });
        await IsWatched("broker-hangs", node);
        await Broker.Pause();
        await Again(() => Task.WhenAll(TryPublish(node), Call(node)));
    }

    /// <summary>To the publishers it is as a broker whose replicas are slow. One behind a slow network is in trouble with more than that.</summary>
    protected async Task MessagesAreStoredLate()
    {
        await using var node = await KafkaNode.Start(Topics.Hosts, await Topics.Create(partitions: 1), new() { ["KAFKA_CLIENT_LINGER_MS"] = "1500" });
        await IsWatched("stored-late", node);
        await Again(() => TryPublish(node));
    }

    protected async Task OpenTransaction()
    {
        var topic = await Topics.Create(partitions: 1);
        await using var node = await KafkaNode.Start(Topics.Hosts, topic);
        await IsWatched("open-transaction", node);
        using var producer = new ProducerBuilder<Null, string>(new ProducerConfig { BootstrapServers = Topics.Hosts, TransactionalId = topic, TransactionTimeoutMs = 900_000 })
            .SetLogHandler((_, _) => { }).Build();
        producer.InitTransactions(Limits.Hang);
        producer.BeginTransaction();
        for (var n = 0; n < 1_200; n++)
        {
            producer.Produce(topic, new Message<Null, string> { Value = """{"user":"alice"}""" });
        }

        producer.Flush(Limits.Hang);
        await UntilOver();
        producer.AbortTransaction(Limits.Hang);
    }

    protected async Task TopicMadeAnew()
    {
        var topic = await Topics.Create(partitions: 1);
        await using var node = await KafkaNode.Start(Topics.Hosts, topic);
        await IsWatched("topic-anew", node);
        await Topics.Delete(topic);
        await Topics.CreateAgain(topic, partitions: 1);
        await UntilOver();
    }

    protected async Task BadRecord()
    {
        var topic = await Topics.Create(partitions: 1);
        await using var node = await KafkaNode.Start(Topics.Hosts, topic);
        await IsWatched("bad-record", node);
        await Topics.Write(topic, 0, "no message");
        await UntilOver();
    }

    protected async Task BadTableRecord()
    {
        var topic = await Topics.Create(partitions: 1);
        await using var node = await KafkaNode.Start(Topics.Hosts, topic);
        await IsWatched("bad-table-record", node);
        await Topics.Write(KafkaNode.BlacklistOf(topic), 0, new Message<byte[]?, byte[]?> { Key = Encoding.UTF8.GetBytes("key"), Value = Encoding.UTF8.GetBytes("no entry") });
        await UntilOver();
    }

    /// <summary>A back-end keeps its records back for a while.</summary>
    protected async Task LateRecords()
    {
        var topic = await Topics.Create(partitions: 1);
        await using var node = await KafkaNode.Start(Topics.Hosts, topic);
        using var stream = await node.Listen("alice");
        await IsWatched("late-records", node);
        await Again(() => Topics.Write(topic, 0, new Message<byte[]?, byte[]?>
        {
            Value = Encoding.UTF8.GetBytes("""{"user":"alice"}"""),
            Timestamp = new Timestamp(DateTime.UtcNow.AddSeconds(-4)),
        }));
    }
}
