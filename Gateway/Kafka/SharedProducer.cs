using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>A producer for all threads, which is disposed of when none of them is writing to it.</summary>
internal sealed class SharedProducer(IProducer<byte[], byte[]> producer) : IDisposable
{
    private readonly ClientLifetime _lifetime = new();

    /// <summary>Hands over a record. Returns false when the producer has been disposed of.</summary>
    public bool TryProduce(string topic, Message<byte[], byte[]> record, Action<DeliveryReport<byte[], byte[]>> onDelivered)
    {
        if (!_lifetime.TryEnter())
        {
            return false;
        }

        try
        {
            producer.Produce(topic, record, onDelivered);
            return true;
        }
        finally
        {
            _lifetime.Leave();
        }
    }

    /// <summary>Lets it answer what it still holds, and disposes of it. Blocks.</summary>
    public void Retire(TimeSpan most)
    {
        producer.Flush(most);
        Dispose();
    }

    public void Dispose()
    {
        _lifetime.End().GetAwaiter().GetResult();
        producer.Dispose();
    }
}
