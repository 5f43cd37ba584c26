using Confluent.Kafka;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Kafka;

/// <summary>
/// Builds the clients of this node: all with the same settings, clock and log, and each with a health that hears of its errors.
/// </summary>
internal sealed class KafkaClients(LogOptions log, KafkaOptions options, NodeId node, TimeProvider time, ILoggerFactory loggers)
{
    public LogOptions Log => log;

    public KafkaOptions Options => options;

    public KafkaConfig Config { get; } = new(log, options, node);

    public TimeProvider Time => time;

    public ILogger<T> Logger<T>() => loggers.CreateLogger<T>();

    /// <param name="subject">The start of each of its sentences; empty where they are about messages.</param>
    public KafkaHealth Health(string subject = "") => new(time, Logger<KafkaHealth>(), subject);

    /// <param name="config">How it is set up.</param>
    /// <param name="health">Hears of its errors.</param>
    /// <param name="onLine">Takes the lines of its log.</param>
    /// <param name="onError">Called at each error, with whether Kafka is out of reach.</param>
    public static IConsumer<TKey, TValue> Consumer<TKey, TValue>(
        ConsumerConfig config, KafkaHealth health, Action<string> onLine, Action<bool> onError) =>
        new ConsumerBuilder<TKey, TValue>(config)
            .SetErrorHandler((_, error) => onError(health.NoticedByReader(error)))
            .SetLogHandler((_, line) => onLine(health.Noticed(line)))
            .Build();

    /// <param name="health">Hears of its errors.</param>
    /// <param name="onLine">Takes the lines of its log.</param>
    /// <param name="onFatal">Called when it is broken for good.</param>
    public SharedProducer Producer(KafkaHealth health, Action<string> onLine, Action<SharedProducer, Error> onFatal)
    {
        SharedProducer? built = null;
        return built = new SharedProducer(new ProducerBuilder<byte[], byte[]>(Config.Producer())
            .SetErrorHandler((_, error) =>
            {
                health.Noticed(error);
                if (error.IsFatal && built is { } broken)
                {
                    onFatal(broken, error);
                }
            })
            .SetLogHandler((_, line) => onLine(health.Noticed(line)))
            .Build());
    }
}
