using System.Collections.Concurrent;
using Confluent.Kafka;

namespace RigKafka.Log;

/// <summary>Reads all partitions of the source topics on a thread of its own, from places that only this node keeps.</summary>
internal sealed partial class KafkaReader(KafkaConfig config, KafkaOptions options, KafkaHealth health, LogReader reader, TimeProvider time, ILoggerFactory loggers)
{
    private const int PollMs = 100;

    private readonly ILogger _logger = loggers.CreateLogger<KafkaReader>();
    private readonly ConcurrentQueue<KafkaPlacing> _placings = new();
    private readonly Dictionary<string, int> _numbers = options.SourceTopics.Select((name, number) => (name, number)).ToDictionary(topic => topic.name, topic => topic.number);
    private readonly long[]?[] _next = new long[]?[options.SourceTopics.Count];
    private readonly uint[] _epochs = new uint[options.SourceTopics.Count];
    private IConsumer<Ignore, byte[]>? _consumer;
    private KafkaWatch? _watch;

    /// <summary>From what the last fetches said, so it costs no request; the markers of transactions count as records until one follows them.</summary>
    public long Lag
    {
        get
        {
            try
            {
                return _consumer is { } consumer ? _next.Select((next, topic) => Behind(consumer, options.SourceTopics[topic], next ?? [])).Sum() : 0;
            }
            catch (ObjectDisposedException)
            {
                return 0;
            }
        }
    }

    public async Task Run(CancellationToken cancellation)
    {
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(config.Consumer())
            .SetErrorHandler((_, error) => Notice(error))
            .SetLogHandler((_, line) => Notice(line))
            .Build();
        await using var admin = new KafkaAdmin(consumer.Handle);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _watch = new KafkaWatch(new KafkaTopics(admin, options), options, health, _placings.Enqueue, time, loggers.CreateLogger<KafkaWatch>());
        _consumer = consumer;
        var watching = _watch.Run(config.RecordMaxBytes, stop.Token);
        var reading = Task.Factory.StartNew(() => ReadOn(consumer, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAny(reading, watching);
        await stop.CancelAsync();
        await Task.WhenAll(reading, watching);
    }

    private void ReadOn(IConsumer<Ignore, byte[]> consumer, CancellationToken cancellation)
    {
        ConsumeResult<Ignore, byte[]>? ahead = null;
        while (!cancellation.IsCancellationRequested)
        {
            if (ahead is null)
            {
                while (_placings.TryDequeue(out var placing))
                {
                    Place(consumer, placing);
                }

                ahead = Consume(consumer, PollMs, out var failure);
                Recover(failure);
                continue;
            }

            // One record ahead, to say whether there is more. What is ahead when a new place is to be taken is still of the old one, and comes first.
            var result = ahead;
            ConsumeException? aheadFailure = null;
            ahead = _placings.IsEmpty ? Consume(consumer, 0, out aheadFailure) : null;
            Take(result, more: ahead is not null);
            Recover(aheadFailure);
        }
    }

    private static ConsumeResult<Ignore, byte[]>? Consume(IConsumer<Ignore, byte[]> consumer, int waitMs, out ConsumeException? failure)
    {
        failure = null;
        try
        {
            return consumer.Consume(waitMs);
        }
        catch (ConsumeException exception)
        {
            failure = exception;
            return null;
        }
    }

    private void Take(ConsumeResult<Ignore, byte[]> result, bool more)
    {
        var topic = _numbers[result.Topic];
        var partition = result.Partition.Value;
        var offset = result.Offset.Value;
        var next = _next[topic]!;
        if (offset < next[partition])
        {
            return;
        }

        var read = reader.OnRecord(new LogRecord(topic, partition, offset, result.Message.Timestamp.UnixTimestampMs, result.Message.Value, more));
        if (!read.IsCompletedSuccessfully)
        {
            read.AsTask().GetAwaiter().GetResult();
        }

        Volatile.Write(ref next[partition], offset + 1);
    }

    private void Place(IConsumer<Ignore, byte[]> consumer, KafkaPlacing placing)
    {
        var name = options.SourceTopics[placing.Topic];
        var before = _next[placing.Topic] ?? [];
        var after = new long[placing.Anew ? placing.Offsets.Count : Math.Max(before.Length, placing.Offsets.Keys.Max() + 1)];
        if (!placing.Anew)
        {
            before.CopyTo(after, 0);
        }

        foreach (var (partition, offset) in placing.Offsets)
        {
            // Only a log that lost its end takes a reader back.
            after[partition] = placing.Gap == LogPlacement.Truncated ? offset : Math.Max(after[partition], offset);
        }

        var left = Enumerable.Range(0, before.Length).Where(partition => placing.Anew || placing.Offsets.ContainsKey(partition)).Select(partition => new TopicPartition(name, partition)).ToList();
        if (left.Count > 0)
        {
            consumer.IncrementalUnassign(left);
        }

        consumer.IncrementalAssign(placing.Offsets.Keys.Select(partition => new TopicPartitionOffset(name, partition, after[partition])));
        (_next[placing.Topic], _epochs[placing.Topic]) = (after, placing.Epoch);
        LogPlaced(placing.Gap is null ? LogLevel.Information : LogLevel.Warning, name, placing.Offsets.Count, after.Length, placing.Gap ?? "none");
        reader.OnPlaced(new LogPlacement(placing.Topic, placing.Epoch, [.. after], placing.Gap));
        if (Array.TrueForAll(_next, next => next is not null))
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
        if (failure.Error.Code is ErrorCode.Local_AutoOffsetReset or ErrorCode.Local_LogTruncation or ErrorCode.OffsetOutOfRange)
        {
            var topic = _numbers[at.Topic];
            _watch!.Lost(topic, _epochs[topic], at.Partition.Value, _next[topic]![at.Partition.Value]);
        }
        else
        {
            _watch!.Nudge();
        }

        LogReadFailed(at.Topic, at.Partition.Value, failure.Error.Reason);
    }

    private void Notice(LogMessage line)
    {
        health.Noticed(line);
        LogClient(line.Message);
    }

    private void Notice(Error error)
    {
        health.Noticed(error);
        if (error.Code is ErrorCode.Local_AllBrokersDown or ErrorCode.Local_Authentication)
        {
            health.OutOfReach(error);
            _watch?.Nudge();
        }
    }

    private static long Behind(IConsumer<Ignore, byte[]> consumer, string name, long[] next)
    {
        var behind = 0L;
        for (var partition = 0; partition < next.Length; partition++)
        {
            // Unknown, which is a negative number, until something was fetched.
            behind += Math.Max(0, consumer.GetWatermarkOffsets(new TopicPartition(name, partition)).High.Value - Volatile.Read(ref next[partition]));
        }

        return behind;
    }

    [LoggerMessage(EventId = 1030, EventName = "SourceTopicPlaced", Message = "Source topic {SourceTopic}: {Changed} of {Partitions} partitions have a new place to read from; gap: {Gap}.")]
    private partial void LogPlaced(LogLevel level, string sourceTopic, int changed, int partitions, string gap);

    [LoggerMessage(1031, LogLevel.Warning, "Source topic {SourceTopic}, partition {Partition}: {Reason}", EventName = "ReadFailed")]
    private partial void LogReadFailed(string sourceTopic, int partition, string reason);

    [LoggerMessage(1032, LogLevel.Debug, "{Line}", EventName = "KafkaClientReader")]
    private partial void LogClient(string line);
}
