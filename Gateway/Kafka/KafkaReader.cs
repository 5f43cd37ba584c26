using System.Collections.Concurrent;
using Confluent.Kafka;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Kafka;

/// <summary>Reads all partitions of the source topics on a thread of its own, from places that only this node keeps.</summary>
/// <param name="clients">Builds the consumer.</param>
/// <param name="side">Asks the brokers.</param>
/// <param name="health">Hears how the reading goes.</param>
/// <param name="reader">Takes what is read.</param>
/// <param name="onRecreated">Called with the name of a source topic that was created again, before the reader hears of it.</param>
internal sealed partial class KafkaReader(
    KafkaClients clients, KafkaSideClient side, KafkaHealth health, LogReader reader, Action<string> onRecreated)
{
    private const int PollMs = 100;

    /// <summary>How long a record may wait for a look at its source topic.</summary>
    private static readonly TimeSpan HeldAtMost = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = clients.Logger<KafkaReader>();
    private readonly IReadOnlyList<string> _sourceTopics = clients.Options.SourceTopics;
    private readonly ConcurrentQueue<KafkaPlacing> _placings = new();
    private readonly KafkaPlaces _places = new(clients.Options.SourceTopics);
    private readonly KafkaDoubts _doubts = new(clients.Options.SourceTopics.Count, clients.Time);
    private volatile KafkaConsumer<Ignore, Ignore>? _client;
    private KafkaWatch? _watch;

    /// <summary>
    /// From the answers to the last fetches, so it costs no request. Counts what an open transaction holds up, but not the marker at its end.
    /// </summary>
    public IReadOnlyList<PartitionLag> Lags => _client?.Use(consumer => _places.Lags(consumer.GetWatermarkOffsets)) ?? [];

    public async Task Run(CancellationToken cancellation)
    {
        _watch = new KafkaWatch(clients, side, health, _placings.Enqueue);
        while (await clients.Next(NewConsumer, _client?.Topics, health, cancellation) is { } next)
        {
            await using var client = next;
            _client = client;
            await Run(client, cancellation);
            // Nobody saw what became of the topics between two consumers.
            _doubts.Raise();
        }
    }

    /// <summary>Has the watch look at the source topics now, if it does not know a topic or a partition of this position yet.</summary>
    public void LookIfOlderThan(Position end) => _watch?.LookIfOlderThan(end);

    private IConsumer<Ignore, Ignore> NewConsumer() =>
        KafkaClients.Consumer<Ignore, Ignore>(clients.Config.Consumer(), health, LogClient, OnError);

    private async Task Run(KafkaConsumer<Ignore, Ignore> client, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var watching = _watch!.Run(client.Topics, stop.Token);
        var reading = OwnThread.Run(() => ReadOn(client.Consumer, stop.Token));
        await Task.WhenAny(reading, watching);
        await stop.CancelAsync();
        await Task.WhenAll(reading, watching);
    }

    private void ReadOn(IConsumer<Ignore, Ignore> consumer, CancellationToken cancellation)
    {
        using var queue = new ConsumerQueue(consumer, _sourceTopics, clients.Time, SpanSource.IsOn);
        while (_placings.TryDequeue(out var placing))
        {
            Take(placing);
        }

        consumer.Assign(_places.All);
        while (!cancellation.IsCancellationRequested)
        {
            if (!PlaceAll(consumer, queue))
            {
                cancellation.WaitHandle.WaitOne();
                return;
            }

            if (!queue.TryPeek(PollMs, out var next))
            {
                continue;
            }

            if (next.IsRecord && _doubts.Has(next.SourceTopicIndex, queue.TakenAt))
            {
                // Then it looks again: there may be a new place.
                Settle(next.SourceTopicIndex, cancellation);
                continue;
            }

            Take(queue, next);
            queue.Pass();
        }
    }

    /// <summary>Holds the records until somebody has looked at the source topic.</summary>
    private void Settle(int index, CancellationToken cancellation)
    {
        try
        {
            _doubts.Settle(index, () =>
            {
                if (!_watch!.WaitForLook(index, HeldAtMost, cancellation) && clients.Trouble.Admits($"{_sourceTopics[index]}: not looked at"))
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

    /// <summary>Goes to new places. Returns whether this consumer can go on: one that knew the former topic cannot read the new one.</summary>
    private bool PlaceAll(IConsumer<Ignore, Ignore> consumer, ConsumerQueue queue)
    {
        while (_placings.TryPeek(out var placing))
        {
            if (placing.IsRecreated)
            {
                return false;
            }

            _placings.TryDequeue(out _);
            if (Take(placing) is { Count: > 0 } left)
            {
                consumer.IncrementalUnassign(left);
            }

            consumer.IncrementalAssign(placing.Places);
            queue.Drop(placing.Replaces);
        }

        return true;
    }

    private void Take(ConsumerQueue queue, in Fetched next)
    {
        if (next.IsRecord)
        {
            TakeRecord(queue, next);
        }
        else if (next.IsEnd)
        {
            TakeEnd(next);
        }
        else
        {
            Recover(next, queue.Error());
        }
    }

    private void TakeRecord(ConsumerQueue queue, in Fetched next)
    {
        var (index, partition, offset, _) = next;
        if (offset < _places.Next(index, partition))
        {
            return;
        }

        var read = reader.OnRecord(queue.Record());
        if (!read.IsCompletedSuccessfully)
        {
            read.AsTask().GetAwaiter().GetResult();
        }

        _places.Pass(index, partition, offset + 1);
        _doubts.RecordRead(index, queue.TakenAt);
    }

    /// <summary>After the last record of a partition there may be markers of transactions, which take offsets.</summary>
    private void TakeEnd(in Fetched end)
    {
        if (_places.Pass(end.SourceTopicIndex, end.Partition, end.Offset))
        {
            reader.OnPassed?.Invoke(end.SourceTopicIndex, end.Partition, end.Offset);
        }
    }

    /// <summary>Takes new places. Returns the partitions that were read from other places before.</summary>
    private List<TopicPartition> Take(KafkaPlacing placing)
    {
        var name = _sourceTopics[placing.SourceTopicIndex];
        var (next, left) = _places.Take(placing);
        if (placing.IsRecreated)
        {
            onRecreated(name);
        }

        LogPlaced(placing.Gap is null ? LogLevel.Information : LogLevel.Warning, name, placing.Places.Count, next.Length, placing.Gap ?? "none");
        reader.OnPlaced(new LogPlacement(placing.SourceTopicIndex, placing.Epoch, next, placing.Gap));
        if (_places.AreComplete)
        {
            health.Placed();
        }

        return left;
    }

    private void Recover(in Fetched failed, Error error)
    {
        var (index, partition, offset, _) = failed;
        if (!LostPlace.IsLost(error))
        {
            _doubts.Raise();
            _watch!.Nudge();
        }
        else if (!_places.IsFormer(index, partition, offset, out var again))
        {
            var next = _places.Next(index, partition);
            _watch!.Lost(new LostPlace(index, _places.Epoch(index), partition, next, KafkaTruncation.Read(error.Reason)));
        }
        else if (again is not null)
        {
            _placings.Enqueue(new KafkaPlacing(index, _places.Epoch(index), [again], Anew: false, Gap: null));
        }

        if (LostPlace.IsLost(error) || clients.Trouble.Admits($"{_sourceTopics[index]}: {error.Code}"))
        {
            LogReadFailed(_sourceTopics[index], partition, error.Reason);
        }
    }

    private void OnError(bool isOutOfReach)
    {
        _doubts.Raise();
        if (isOutOfReach)
        {
            _watch?.LostReader();
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
