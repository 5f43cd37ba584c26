using System.Collections.Concurrent;
using Confluent.Kafka;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Kafka;

/// <summary>Reads all partitions of the source topics on a thread of its own, from places that only this node keeps.</summary>
internal sealed partial class KafkaReader(KafkaClients clients, KafkaHealth health, LogReader reader)
{
    private const int PollMs = 100;

    /// <summary>How long a record may wait for a look at its source topic.</summary>
    private static readonly TimeSpan HeldAtMost = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = clients.Logger<KafkaReader>();
    private readonly IReadOnlyList<string> _sourceTopics = clients.Options.SourceTopics;
    private readonly Dictionary<string, int> _indices =
        clients.Options.SourceTopics.Index().ToDictionary(topic => topic.Item, topic => topic.Index);
    private readonly ConcurrentQueue<KafkaPlacing> _placings = new();
    private readonly KafkaPlaces _places = new(clients.Options.SourceTopics);

    /// <summary>
    /// Ends of partitions that were reached: after the last record there may be markers of transactions, which take offsets.
    /// </summary>
    private readonly List<TopicPartitionOffset> _ends = [];
    private readonly KafkaDoubts _doubts = new(clients.Options.SourceTopics.Count, clients.Time);
    private readonly ClientLifetime _lifetime = new();
    private volatile IConsumer<Ignore, LentValue>? _consumer;
    private KafkaWatch? _watch;

    /// <summary>
    /// From the answers to the last fetches, so it costs no request. Counts what an open
    /// transaction holds up, but not the marker at its end.
    /// </summary>
    public long Lag => _consumer is { } consumer ? _lifetime.Use(() => _places.Behind(consumer.GetWatermarkOffsets)) : 0;

    public async Task Run(CancellationToken cancellation)
    {
        using var consumer =
            KafkaClients.Consumer<Ignore, LentValue>(clients.Config.Consumer(), health, LogClient, OnError, new LentValues());
        await using var admin = new KafkaAdmin(consumer.Handle);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _watch = new KafkaWatch(clients, new KafkaTopics(admin, clients.Options), new LookLoop(clients, health), _placings.Enqueue);
        _consumer = consumer;
        var watching = _watch.Run(stop.Token);
        var reading = OwnThread.Run(() => ReadOn(consumer, stop.Token));
        await Task.WhenAny(reading, watching);
        await stop.CancelAsync();
        try
        {
            await Task.WhenAll(reading, watching);
        }
        finally
        {
            await _lifetime.End();
        }
    }

    /// <summary>Has the watch look at the source topics now, if it does not know a topic or a partition of this position yet.</summary>
    public void LookIfOlderThan(Position end) => _watch?.LookIfOlderThan(end);

    private void ReadOn(IConsumer<Ignore, LentValue> consumer, CancellationToken cancellation)
    {
        ConsumeResult<Ignore, LentValue>? ahead = null;
        while (!cancellation.IsCancellationRequested)
        {
            ahead = PlaceAll(consumer, ahead);
            if (ahead is null)
            {
                ahead = Consume(consumer, PollMs, out var failure);
                PassEnds();
                Recover(failure);
            }
            else if (IndexOf(ahead.Topic) is var index && _doubts.Has(index, _watch!.SeenAt(index)))
            {
                Settle(index, cancellation);
            }
            else
            {
                // One record ahead, to say whether there is more.
                var result = ahead;
                ahead = Consume(consumer, 0, out var aheadFailure);
                Take(result, more: ahead is not null);
                PassEnds();
                Recover(aheadFailure);
            }
        }
    }

    private ConsumeResult<Ignore, LentValue>? Consume(IConsumer<Ignore, LentValue> consumer, int waitMs, out ConsumeException? failure)
    {
        failure = null;
        try
        {
            while (true)
            {
                var result = consumer.Consume(waitMs);
                if (result is not { IsPartitionEOF: true })
                {
                    return result;
                }

                _ends.Add(result.TopicPartitionOffset);
            }
        }
        catch (ConsumeException exception)
        {
            failure = exception;
            return null;
        }
    }

    /// <summary>Holds the records until somebody has looked at the source topic.</summary>
    private void Settle(int index, CancellationToken cancellation)
    {
        try
        {
            _doubts.Settle(index, () =>
            {
                if (!_watch!.WaitForLook(index, HeldAtMost, cancellation))
                {
                    LogHeld(_sourceTopics[index], HeldAtMost.TotalSeconds);
                }
            });
        }
        catch (OperationCanceledException)
        {
            // Reading ends.
        }
    }

    private void PassEnds()
    {
        foreach (var end in _ends)
        {
            if (_places.Pass(IndexOf(end.Topic), end.Partition, end.Offset))
            {
                reader.OnPassed?.Invoke(IndexOf(end.Topic), end.Partition, end.Offset);
            }
        }

        _ends.Clear();
    }

    /// <summary>
    /// Takes new places. Drops the record read ahead if its source topic is read anew: it is from the old topic, or is read again.
    /// </summary>
    private ConsumeResult<Ignore, LentValue>? PlaceAll(IConsumer<Ignore, LentValue> consumer, ConsumeResult<Ignore, LentValue>? ahead)
    {
        while (_placings.TryDequeue(out var placing))
        {
            Place(consumer, placing);
            if (placing.Anew && ahead is not null && IndexOf(ahead.Topic) == placing.SourceTopicIndex)
            {
                ahead = null;
            }
        }

        return ahead;
    }

    private void Take(ConsumeResult<Ignore, LentValue> result, bool more)
    {
        var index = IndexOf(result.Topic);
        var partition = result.Partition.Value;
        var offset = result.Offset.Value;
        if (offset < _places.Next(index, partition))
        {
            return;
        }

        var (bytes, lent) = result.Message.Value;
        var timestamp = result.Message.Timestamp.UnixTimestampMs;
        var read = reader.OnRecord(new LogRecord(index, partition, offset, timestamp, bytes, more, lent));
        if (!read.IsCompletedSuccessfully)
        {
            read.AsTask().GetAwaiter().GetResult();
        }

        _places.Pass(index, partition, offset + 1);
        _doubts.RecordRead(index);
    }

    private void Place(IConsumer<Ignore, LentValue> consumer, KafkaPlacing placing)
    {
        var name = _sourceTopics[placing.SourceTopicIndex];
        var (next, left) = _places.Take(placing);
        if (left.Count > 0)
        {
            consumer.IncrementalUnassign(left);
        }

        consumer.IncrementalAssign(placing.Places);
        var level = placing.Gap is null ? LogLevel.Information : LogLevel.Warning;
        LogPlaced(level, name, placing.Places.Count, next.Length, placing.Gap ?? "none");
        reader.OnPlaced(new LogPlacement(placing.SourceTopicIndex, placing.Epoch, next, placing.Gap));
        if (_places.AreComplete)
        {
            health.Placed();
        }
    }

    private void Recover(ConsumeException? failure)
    {
        if (failure is null)
        {
            return;
        }

        var at = failure.ConsumerRecord.TopicPartition;
        if (LostPlace.IsLost(failure.Error))
        {
            var index = IndexOf(at.Topic);
            var next = _places.Next(index, at.Partition);
            _watch!.Lost(new LostPlace(index, _places.Epoch(index), at.Partition, next, KafkaTruncation.Read(failure.Error.Reason)));
        }
        else
        {
            _doubts.Raise();
            _watch!.Nudge();
        }

        LogReadFailed(_sourceTopics[IndexOf(at.Topic)], at.Partition.Value, failure.Error.Reason);
    }

    /// <summary>The name of the only source topic is not read with each record.</summary>
    private int IndexOf(string? topic) => topic is null ? 0 : _indices[topic];

    private void OnError(bool isOutOfReach)
    {
        _doubts.Raise();
        if (isOutOfReach)
        {
            _watch?.Nudge();
        }
    }

    [LoggerMessage(EventId = 1030, EventName = "SourceTopicPlaced",
        Message = "Source topic {SourceTopic}: {Changed} of {Partitions} partitions have a new place to read from; gap: {Gap}.")]
    private partial void LogPlaced(LogLevel level, string sourceTopic, int changed, int partitions, string gap);

    [LoggerMessage(1031, LogLevel.Warning, "Source topic {SourceTopic}, partition {Partition}: {Reason}", EventName = "ReadFailed")]
    private partial void LogReadFailed(string sourceTopic, int partition, string reason);

    [LoggerMessage(1033, LogLevel.Warning,
        "Source topic {SourceTopic}: no broker said within {Seconds} s whether it is still the same topic; reading goes on.",
        EventName = "LookOverdue")]
    private partial void LogHeld(string sourceTopic, double seconds);

    [LoggerMessage(1032, LogLevel.Debug, "{Line}", EventName = "KafkaClientReader")]
    private partial void LogClient(string line);
}
