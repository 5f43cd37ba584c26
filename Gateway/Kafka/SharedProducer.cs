using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>A producer for all threads, which is disposed of when none of them is writing to it.</summary>
internal sealed class SharedProducer(IProducer<byte[], byte[]> producer) : IDisposable
{
    /// <summary>How long it may take to report what it drops. It takes milliseconds.</summary>
    private static readonly TimeSpan Reporting = TimeSpan.FromSeconds(1);

    private readonly ClientLifetime _lifetime = new();

    /// <summary>
    /// When a record was dropped, by its partition and whether it was on its way, if none of that partition was stored after that.
    /// </summary>
    private readonly Dictionary<((string Topic, int Number) Partition, bool OnItsWay), long> _silent = [];
    private volatile bool _hasSilent;
    private volatile Error? _whyDropped;

    /// <summary>Why it dropped records, if it did.</summary>
    public Error? WhyDropped => _whyDropped;

    /// <summary>Whether it takes no more records.</summary>
    public bool IsRetired => _lifetime.IsEnding;

    /// <summary>A record was stored.</summary>
    public void Stored((string Topic, int Number) partition)
    {
        // Read for each record, and seldom written.
        if (_hasSilent)
        {
            lock (_silent)
            {
                Forget(partition);
                // One that was dropped before it had a partition.
                Forget((partition.Topic, Partition.Any));
                _hasSilent = _silent.Count > 0;
            }
        }
    }

    /// <summary>
    /// A record was dropped, since it or another was out of time. Returns whether the same became of one of its partition before this one
    /// was handed over, and none was stored in between.
    /// </summary>
    /// <param name="partition">Its partition.</param>
    /// <param name="onItsWay">Whether it was on its way to a broker. Otherwise it was waiting.</param>
    /// <param name="since">When it was handed over, by the clock's timestamps.</param>
    /// <param name="now">The time.</param>
    public bool Dropped((string Topic, int Number) partition, bool onItsWay, long since, long now)
    {
        lock (_silent)
        {
            if (onItsWay)
            {
                // A broker that stands still may store this one late, after those of a new producer.
                _silent.Remove((partition, false));
            }

            if (!_silent.TryAdd((partition, onItsWay), now))
            {
                return since > _silent[(partition, onItsWay)];
            }

            _hasSilent = true;
            return false;
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

    private void Forget((string Topic, int Number) partition)
    {
        _silent.Remove((partition, true));
        _silent.Remove((partition, false));
    }

    private bool DropAll(Error why)
    {
        _whyDropped = why;
        Librdkafka.Purge(producer.Handle);
        return true;
    }
}
