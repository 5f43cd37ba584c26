using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>A producer for all threads, which is disposed of when none of them is writing to it.</summary>
internal sealed class SharedProducer(IProducer<byte[], byte[]> producer) : IDisposable
{
    /// <summary>How long a producer that is replaced waits for the answers to what is on its way, and for its reports on what it drops.</summary>
    private static readonly TimeSpan LastMoment = TimeSpan.FromMilliseconds(250);

    private readonly ClientLifetime _lifetime = new();
    private volatile bool _hasStored;

    /// <summary>Whether it has ever stored a record.</summary>
    public bool HasStored => _hasStored;

    public void Stored()
    {
        // Written once: it is read for each record.
        if (!_hasStored)
        {
            _hasStored = true;
        }
    }

    /// <summary>Hands over a record. Returns false when the producer takes no more.</summary>
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

    /// <summary>Drops what it has not sent, which is reported. For a producer that has never stored a record: others count their records.</summary>
    public void DropQueued() => _lifetime.Use(() =>
    {
        Librdkafka.Purge(producer.Handle, Librdkafka.Purged.Queued);
        return true;
    });

    /// <summary>Takes no more and drops what it has not sent; after a moment it drops what is not answered, and is gone. It reports all of it. Blocks.</summary>
    public void Retire()
    {
        _lifetime.End().GetAwaiter().GetResult();
        Librdkafka.Purge(producer.Handle, Librdkafka.Purged.Queued);
        producer.Flush(LastMoment);
        Librdkafka.Purge(producer.Handle, Librdkafka.Purged.Queued | Librdkafka.Purged.InFlight);
        producer.Flush(LastMoment);
        producer.Dispose();
    }

    public void Dispose()
    {
        _lifetime.End().GetAwaiter().GetResult();
        producer.Dispose();
    }
}
