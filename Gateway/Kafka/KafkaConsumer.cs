using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>
/// A consumer, and questions over its connections. It serves until a topic that it reads is created again: Kafka counts the leaders of the
/// new one from zero, and the library takes a lower count than it has seen for old news, so that it may never read the new topic.
/// </summary>
internal sealed class KafkaConsumer<TKey, TValue> : IAsyncDisposable
{
    private readonly KafkaAdmin _admin;
    private readonly ClientLifetime _lifetime = new();

    /// <param name="consumer">The consumer.</param>
    /// <param name="options">The settings.</param>
    /// <param name="former">The questions of the consumer before this one.</param>
    public KafkaConsumer(IConsumer<TKey, TValue> consumer, KafkaOptions options, KafkaTopics? former = null)
    {
        (Consumer, _admin) = (consumer, new KafkaAdmin(consumer.Handle));
        Topics = former?.Over(_admin) ?? new KafkaTopics(_admin, options);
    }

    public IConsumer<TKey, TValue> Consumer { get; }

    public KafkaTopics Topics { get; }

    /// <summary>Calls the consumer from a thread that is not its own; returns the default after its end.</summary>
    public T? Use<T>(Func<IConsumer<TKey, TValue>, T> call) => _lifetime.Use(() => call(Consumer));

    /// <inheritdoc cref="ClientLifetime.TryEnter"/>
    public bool TryEnter() => _lifetime.TryEnter();

    public void Leave() => _lifetime.Leave();

    /// <summary>Waits for those who use it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _lifetime.End();
        await _admin.DisposeAsync();
        await OwnThread.Run(Consumer.Dispose);
    }
}
