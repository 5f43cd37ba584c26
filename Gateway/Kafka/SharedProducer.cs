using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>A producer for all threads, which is disposed of when none of them is writing to it.</summary>
internal sealed class SharedProducer(IProducer<byte[], byte[]> producer) : IDisposable
{
    /// <summary>How long it may take to report what it drops. It takes milliseconds.</summary>
    private static readonly TimeSpan Reporting = TimeSpan.FromSeconds(1);

    private readonly ClientLifetime _lifetime = new();
    private long _silentSince = long.MaxValue;
    private volatile Error? _whyDropped;

    /// <summary>When a record was dropped that was on its way, by the clock's timestamps; in the far future once a record was stored after that.</summary>
    public long SilentSince => Volatile.Read(ref _silentSince);

    /// <summary>Why it dropped records, if it did.</summary>
    public Error? WhyDropped => _whyDropped;

    /// <summary>Whether it takes no more records.</summary>
    public bool IsRetired => _lifetime.IsEnding;

    public void Stored()
    {
        // Read for each record, and seldom written.
        if (SilentSince != long.MaxValue)
        {
            Volatile.Write(ref _silentSince, long.MaxValue);
        }
    }

    /// <summary>A record was dropped that was on its way.</summary>
    public void DroppedOnItsWay(long timestamp) => Interlocked.CompareExchange(ref _silentSince, timestamp, long.MaxValue);

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

    /// <summary>Drops all that is not answered, and reports each record soon.</summary>
    public void Drop(Error why) => _lifetime.Use(() => DropAll(why));

    /// <summary>Takes no more records, drops all that is not answered, and has reported it. Blocks.</summary>
    public void Retire(Error why)
    {
        _lifetime.End().GetAwaiter().GetResult();
        DropAll(why);
        producer.Flush(Reporting);
    }

    public void Dispose()
    {
        _lifetime.End().GetAwaiter().GetResult();
        producer.Dispose();
    }

    private bool DropAll(Error why)
    {
        _whyDropped = why;
        Librdkafka.Purge(producer.Handle);
        return true;
    }
}
