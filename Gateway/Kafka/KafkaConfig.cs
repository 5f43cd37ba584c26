using Confluent.Kafka;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Kafka;

/// <summary>How the clients of librdkafka are set up, and why where it is not obvious.</summary>
internal sealed class KafkaConfig(LogOptions log, KafkaOptions kafka, NodeId node)
{
    /// <summary>What a record may have beside the message: the key, the headers, the framing.</summary>
    private const int RecordOverhead = 64 * 1024;

    /// <summary>
    /// The largest answer of a broker that is read. An answer holds one batch whatever its size, and one that is larger than this stops the reading of its
    /// topic. Not more: what a port that speaks TLS answers to a client that does not is taken for a length, 352,518,144 or a little more, and must be refused.
    /// </summary>
    private const int AnswerMaxBytes = 350_000_000;

    /// <summary>The largest record that is written.</summary>
    public int RecordMaxBytes => log.MessageMaxBytes + RecordOverhead;

    /// <summary>The largest batch of records that can be read.</summary>
    public int ReadableMaxBytes => Consumer().ReceiveMessageMaxBytes!.Value - RecordOverhead;

    public ConsumerConfig Consumer() => With(new ConsumerConfig
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
        // Where a partition has been read to its end: what is left behind the last record is markers of transactions.
        EnablePartitionEof = true,
        // What is read ahead is memory; when it is full the default would pause for a second.
        QueuedMinMessages = 10_000,
        QueuedMaxMessagesKbytes = 16 * 1024,
        FetchQueueBackoffMs = 20,
        // A node without a membership has none to lose by being slow.
        MaxPollIntervalMs = 86_400_000,
        ConsumeResultFields = "timestamp,topic",
    });

    /// <summary>For a table: read from its beginning, with a word when it ends.</summary>
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
        // A broker that may create topics would do so with its own settings, before we have with ours.
        AllowAutoCreateTopics = false,
        Partitioner = Partitioner.Murmur2Random,
        // Measured through a broker on the same machine: each millisecond here is one more for every message, and under load
        // batches form by themselves while a request is under way, so that waiting for them made the flood no faster.
        LingerMs = 0,
        MessageTimeoutMs = log.PublishTimeoutMs,
        MessageMaxBytes = RecordMaxBytes,
        // Well under any topic's limit, so that a batch of small messages is never too large as a whole.
        BatchSize = 128 * 1024,
        QueueBufferingMaxKbytes = 2 * Math.Max(32 * 1024, RecordMaxBytes / 1024),
        DeliveryReportFields = "status",
    });

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
        // Said where the protocols of the two sides differ; it goes no further than into health and the debug log.
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
