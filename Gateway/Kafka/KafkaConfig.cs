using Confluent.Kafka;
using RigKafka.Log;
using RigKafka.Telemetry;

namespace RigKafka.Kafka;

/// <summary>The configuration of librdkafka's clients, with the reasons that are not obvious.</summary>
internal sealed class KafkaConfig(LogOptions log, KafkaOptions kafka, NodeId node)
{
    /// <summary>The most bytes of a record beside the message: key, headers, framing.</summary>
    private const int RecordOverhead = 64 * 1024;

    /// <summary>
    /// The largest answer of a broker, in bytes. An answer holds at least one batch, whatever its size: a
    /// batch larger than this stops the reading of its topic. The limit cannot be higher: the client takes
    /// the first bytes of a TLS alert for a length of 352,518,144 or a little more, which it must refuse.
    /// </summary>
    private const int AnswerMaxBytes = 350_000_000;

    /// <summary>How much a rewind fetches at once and reads ahead, in bytes.</summary>
    private const int RewindMaxBytes = 4 * 1024 * 1024;

    /// <summary>The largest record that is written, in bytes.</summary>
    public int RecordMaxBytes => log.MessageMaxBytes + RecordOverhead;

    /// <summary>The largest batch of records that can be read, in bytes.</summary>
    public int ReadableMaxBytes => Consumer().ReceiveMessageMaxBytes!.Value - RecordOverhead;

    /// <summary>For the source topics.</summary>
    public ConsumerConfig Consumer() => With(Reading());

    /// <summary>For rewinds, and questions beside them: it holds little at a time, and soon knows that a partition is at its end.</summary>
    public ConsumerConfig SideConsumer()
    {
        var config = Reading();
        config.FetchMaxBytes = RewindMaxBytes;
        config.QueuedMaxMessagesKbytes = RewindMaxBytes / 1024;
        config = With(config);
        // Whatever is set for the reader: questions of the node wait behind these fetches.
        config.FetchWaitMaxMs = 50;
        return config;
    }

    /// <summary>For a table, whose records have headers that count.</summary>
    public ConsumerConfig TableConsumer()
    {
        var config = Consumer();
        config.ConsumeResultFields = "headers,timestamp,topic";
        return config;
    }

    public ProducerConfig Producer() => With(new ProducerConfig
    {
        Acks = Acks.All,
        EnableIdempotence = true,
        // A broker would create topics with its own settings, before the gateway does with its own.
        AllowAutoCreateTopics = false,
        Partitioner = Partitioner.Murmur2Random,
        // Measured with a broker on the same machine: each millisecond here is added to every message. Under
        // load, batches form while a request is under way, and waiting for them gave no more throughput.
        LingerMs = 0,
        // Without end: KafkaWriter sees to the time. When a message is out of time, librdkafka numbers its messages
        // anew, and sends those again that the broker has stored without an answer. They would be stored twice.
        MessageTimeoutMs = 0,
        MessageMaxBytes = RecordMaxBytes,
        // Well under any topic's limit, so that a batch of small messages is never too large as a whole.
        BatchSize = 128 * 1024,
        QueueBufferingMaxKbytes = 2 * Math.Max(32 * 1024, RecordMaxBytes / 1024),
        DeliveryReportFields = "status",
    });

    private ConsumerConfig Reading() => new()
    {
        GroupId = $"{kafka.ConsumerGroup}-{node}",
        EnableAutoCommit = false,
        EnableAutoOffsetStore = false,
        AutoOffsetReset = AutoOffsetReset.Error,
        IsolationLevel = IsolationLevel.ReadCommitted,
        AllowAutoCreateTopics = false,
        // The broker holds a fetch until there is one byte, so a long wait costs no latency.
        FetchWaitMaxMs = 500,
        FetchMinBytes = 1,
        FetchErrorBackoffMs = 100,
        ReceiveMessageMaxBytes = AnswerMaxBytes,
        // Says when a partition has been read to its end: after the last record there may be markers of transactions.
        EnablePartitionEof = true,
        // Bounds the memory of what is read ahead. When it is full, the default would pause for a second.
        QueuedMinMessages = 10_000,
        QueuedMaxMessagesKbytes = 16 * 1024,
        FetchQueueBackoffMs = 20,
        // A node is not a member of a group, so it cannot lose membership by being slow.
        MaxPollIntervalMs = 86_400_000,
    };

    private T With<T>(T config)
        where T : ClientConfig
    {
        config.BootstrapServers = string.Join(',', kafka.Hosts);
        config.ClientId = $"rig-{node}";
        config.TopicMetadataRefreshIntervalMs = kafka.MetadataRefreshMs;
        config.ReconnectBackoffMs = 50;
        config.ReconnectBackoffMaxMs = 1_000;
        config.SocketConnectionSetupTimeoutMs = 5_000;
        config.SocketTimeoutMs = 10_000;
        config.SocketKeepaliveEnable = true;
        // The only sign that the two sides speak different protocols. It goes into health and the debug log.
        config.LogConnectionClose = true;
        config.EnableMetricsPush = false;
        foreach (var (property, value) in KafkaSecurity.Properties(kafka))
        {
            config.Set(property, value);
        }

        foreach (var (setting, value) in kafka.Client)
        {
            config.Set(KafkaClientProperties.Name(setting), value);
        }

        return config;
    }
}
