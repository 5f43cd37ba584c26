using System.Collections.Concurrent;
using Confluent.Kafka;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Kafka;

/// <summary>
/// Writes records with one idempotent producer, and says what became of each within a bounded time, whatever the brokers do.
/// </summary>
internal sealed partial class KafkaWriter : IDisposable
{
    // For the case that librdkafka does not report what it was told to drop.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1.5);
    private static readonly Error OutOfTime = new(ErrorCode.Local_MsgTimedOut);
    private static readonly Error CreatedAgain = new(ErrorCode.Local_PurgeQueue, "the topic was created again");
    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromMilliseconds(250);

    private readonly KafkaClients _clients;
    private readonly LogOptions _options;
    private readonly KafkaHealth _health;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _topic;
    private readonly ConcurrentQueue<PendingAppend> _pending = new();
    private readonly Lock _lock = new();
    private readonly Lock _sweeping = new();
    private readonly ITimer _sweeper;
    private volatile SharedProducer _producer;
    private Task _replacing = Task.CompletedTask;
    private bool _isOver;

    public KafkaWriter(KafkaClients clients, string topic, KafkaHealth health)
    {
        (_clients, _topic, _health) = (clients, topic, health);
        (_options, _time, _logger) = (clients.Log, clients.Time, clients.Logger<KafkaWriter>());
        _producer = Build();
        _sweeper = _time.CreateTimer(static writer => ((KafkaWriter)writer!).Sweep(), this, BetweenSweeps, BetweenSweeps);
    }

    public ValueTask<AppendOutcome> Append(Message message, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        if (message.Json.Length > _options.MessageMaxBytes)
        {
            return ValueTask.FromResult(AppendOutcome.TooLarge);
        }

        return new ValueTask<AppendOutcome>(this.Send(_topic, KafkaRecord.Key(message), message.ToArray(), headers));
    }

    /// <summary>Hands a record to Kafka. Records are stored in the order of the calls.</summary>
    public PendingAppend Write(Message<byte[], byte[]> record) => Write(_topic, record);

    /// <summary>The same for any topic.</summary>
    public PendingAppend Write(string topic, Message<byte[], byte[]> record)
    {
        var producer = _producer;
        var pending = new PendingAppend(this, producer, _time.GetTimestamp());
        // Before it is handed over: the end answers those that Kafka does not.
        _pending.Enqueue(pending);
        try
        {
            if (!producer.TryProduce(topic, record, pending.Delivered))
            {
                pending.TrySetResult(AppendOutcome.NotStored);
            }
        }
        catch (KafkaException refusal)
        {
            // Not queued: the queue is full, or the record is larger than the client sends.
            var outcome = PendingAppend.Outcome(PersistenceStatus.NotPersisted, refusal.Error);
            Answered(pending, outcome, refusal.Error, (topic, Partition.Any));
            pending.TrySetResult(outcome);
        }

        return pending;
    }

    /// <summary>
    /// Goes on with a new producer, since the topic was created again: a producer takes the leaders of the new topic for old news if the
    /// former one had more of them.
    /// </summary>
    public void Renew() => Replace(_producer, CreatedAgain);

    public Task Drain(CancellationToken cancellation) => Task.WhenAll(_pending.Select(pending => pending.Task)).WaitAsync(cancellation);

    /// <summary>Takes an answer for the health. Replaces a producer that is broken for good.</summary>
    public void Answered(PendingAppend append, AppendOutcome outcome, Error error, (string Topic, int Number) partition)
    {
        var producer = append.Producer;
        if (outcome == AppendOutcome.Stored)
        {
            producer.Stored(partition);
            _health.WritingWorks();
            return;
        }

        var onItsWay = error.Code == ErrorCode.Local_PurgeInflight;
        var isDropped = onItsWay || error.Code == ErrorCode.Local_PurgeQueue;
        if (isDropped && producer.Dropped(partition, onItsWay, append.Since, _time.GetTimestamp()))
        {
            // The connection may be dead, or the producer may wait for a broker that no longer leads. It would not find out.
            Replace(producer, OutOfTime);
        }

        if (outcome != AppendOutcome.TooLarge)
        {
            _health.WritingFails(isDropped ? producer.WhyDropped ?? error : error);
        }

        if (error.IsFatal || error.Code == ErrorCode.Local_Fatal)
        {
            OnFatal(producer, error);
        }
    }

    public void Dispose()
    {
        _sweeper.Dispose();
        lock (_lock)
        {
            _isOver = true;
        }

        Task.WaitAny(_replacing);
        _producer.Dispose();
        foreach (var pending in _pending)
        {
            pending.TrySetResult(AppendOutcome.Unknown);
        }
    }

    private SharedProducer Build() => _clients.Producer(_health, LogClient, OnFatal);

    private void OnFatal(SharedProducer broken, Error error)
    {
        if (Replace(broken, error))
        {
            LogReplaced(error.Reason);
        }
    }

    /// <summary>Goes on with a new producer. Returns false where that is under way, or done.</summary>
    private bool Replace(SharedProducer former, Error why)
    {
        lock (_lock)
        {
            if (_isOver || _producer != former || !_replacing.IsCompleted)
            {
                return false;
            }

            // Not here: this may be the producer's own thread, and its end waits for that.
            _replacing = OwnThread.Run(() => StartAnew(former, why));
            return true;
        }
    }

    /// <summary>Until the former producer is done there is none, so that no record overtakes another.</summary>
    private void StartAnew(SharedProducer former, Error why)
    {
        former.Retire(why);
        try
        {
            _producer = Build();
        }
        catch (KafkaException failure)
        {
            // The next sweep tries again.
            _health.WritingFails(failure.Error);
            return;
        }

        former.Dispose();
    }

    private void Sweep()
    {
        // One at a time: a second sweep would take out an append that the first has not looked at.
        if (!_sweeping.TryEnter())
        {
            return;
        }

        try
        {
            while (_pending.TryPeek(out var oldest) && (oldest.Task.IsCompleted || IsGivenUp(oldest)))
            {
                _pending.TryDequeue(out _);
            }

            if (_producer is { IsRetired: true } retired)
            {
                Replace(retired, OutOfTime);
            }
        }
        finally
        {
            _sweeping.Exit();
        }
    }

    /// <summary>Has the producer of an append that is out of time drop all that is not answered. Returns whether the append is answered here, since the producer says nothing.</summary>
    private bool IsGivenUp(PendingAppend oldest)
    {
        var age = _time.GetElapsedTime(oldest.Since);
        if (age <= _options.PublishTimeout)
        {
            return false;
        }

        oldest.Producer.Drop(OutOfTime);
        if (age <= _options.PublishTimeout + Grace)
        {
            return false;
        }

        if (oldest.TrySetResult(AppendOutcome.Unknown))
        {
            _health.WritingFails(new Error(ErrorCode.Local_TimedOut, "the Kafka client did not answer in time"));
        }

        return true;
    }

    [LoggerMessage(1040, LogLevel.Error, "The Kafka producer failed for good and was replaced: {Reason}", EventName = "ProducerReplaced")]
    private partial void LogReplaced(string reason);

    [LoggerMessage(1041, LogLevel.Debug, "{Line}", EventName = "KafkaClientWriter")]
    private partial void LogClient(string line);
}
