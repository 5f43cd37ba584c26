using Confluent.Kafka;
using RigKafka.Log;
using RigKafka.Telemetry;

namespace RigKafka.Kafka;

/// <summary>
/// Builds the clients of this node: all with the same settings, clock and log, and each with a health that hears of its errors.
/// </summary>
internal sealed class KafkaClients(LogOptions log, KafkaOptions options, NodeId node, TimeProvider time, ILoggerFactory loggers)
{
    private static readonly TimeSpan BeforeAnotherTry = TimeSpan.FromSeconds(1);

    public LogOptions Log => log;

    public KafkaOptions Options => options;

    public KafkaConfig Config { get; } = new(log, options, node);

    public TimeProvider Time => time;

    public ILogger<T> Logger<T>() => loggers.CreateLogger<T>();

    /// <summary>What the log says of trouble, for all of them.</summary>
    public KafkaTrouble Trouble { get; } = new(time, loggers.CreateLogger<KafkaTrouble>());

    /// <param name="subject">The start of each of its sentences; empty where they are about messages.</param>
    public KafkaHealth Health(string subject = "") => new(time, Trouble, subject);

    /// <param name="config">How it is set up.</param>
    /// <param name="health">Hears of its errors.</param>
    /// <param name="onLine">Takes the lines of its log.</param>
    /// <param name="onError">Called at each error, with whether Kafka is out of reach.</param>
    public static IConsumer<TKey, TValue> Consumer<TKey, TValue>(
        ConsumerConfig config, KafkaHealth health, Action<string> onLine, Action<bool> onError) =>
        Built(new ConsumerBuilder<TKey, TValue>(config)
            .SetErrorHandler((_, error) => onError(health.NoticedByReader(error)))
            .SetLogHandler((_, line) => onLine(health.Noticed(line)))
            .Build);

    /// <summary>
    /// The next consumer of a reader. The first one is built or not, as at any start; those after it are tried until they are: a node that
    /// runs is of use without. Null when cancelled.
    /// </summary>
    /// <param name="build">Builds it.</param>
    /// <param name="former">The questions of the consumer before this one; null for the first one.</param>
    /// <param name="health">Hears why it cannot be built.</param>
    /// <param name="cancellation">Ends the tries.</param>
    public async Task<KafkaConsumer<TKey, TValue>?> Next<TKey, TValue>(
        Func<IConsumer<TKey, TValue>> build, KafkaTopics? former, KafkaHealth health, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                return new KafkaConsumer<TKey, TValue>(build(), options, former);
            }
            catch (KafkaException failure) when (former is not null)
            {
                health.ReadingFails($"The Kafka client cannot be started: {failure.Error.Reason}");
            }

            await Task.Delay(BeforeAnotherTry, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }

    /// <summary>Builds a client of the library. Where that cannot start it, as without a thread or a file, it is the library's exception too.</summary>
    public static T Built<T>(Func<T> build)
    {
        try
        {
            return build();
        }
        catch (Exception failure) when (failure is InvalidOperationException or ArgumentException)
        {
            throw new KafkaException(new Error(ErrorCode.Local_Fail, failure.Message), failure);
        }
    }

    /// <param name="health">Hears of its errors.</param>
    /// <param name="onLine">Takes the lines of its log.</param>
    /// <param name="onFatal">Called when it is broken for good.</param>
    public SharedProducer Producer(KafkaHealth health, Action<string> onLine, Action<SharedProducer, Error> onFatal)
    {
        SharedProducer? built = null;
        return built = new SharedProducer(Built(new ProducerBuilder<byte[], byte[]>(Config.Producer())
            .SetErrorHandler((_, error) =>
            {
                health.Noticed(error);
                if (error.IsFatal && built is { } broken)
                {
                    onFatal(broken, error);
                }
            })
            .SetLogHandler((_, line) => onLine(health.Noticed(line)))
            .Build));
    }
}
