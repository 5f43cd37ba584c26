using System.Diagnostics;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Kafka;

/// <summary>Reads a part of the source topics once more, beside the reader, one part at a time.</summary>
internal sealed partial class KafkaRewind(KafkaClients clients, KafkaSideClient client) : IDisposable
{
    private const int PollMs = 100;

    /// <summary>After so many records it looks at the clock.</summary>
    private const int Batch = 64;

    /// <summary>It works for about so long, and then rests as long as it worked.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(10);

    /// <summary>So long without a record is an outage.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ILogger _logger = clients.Logger<KafkaRewind>();
    private readonly SemaphoreSlim _one = new(1);

    /// <inheritdoc cref="IMessageLog.ReadAgain"/>
    public async Task<string?> Read(Position from, Position to, Action<LogRecord> onRecord, CancellationToken cancellation)
    {
        var ranges = new KafkaRewindRanges(clients.Options.SourceTopics, from, to);
        if (ranges.Left == 0)
        {
            return null;
        }

        await _one.WaitAsync(cancellation);
        try
        {
            return await client.Use((kafka, stop) => Read(kafka, ranges, from, onRecord, stop), cancellation);
        }
        catch (Exception failure) when (failure is KafkaException or ObjectDisposedException)
        {
            if (clients.Trouble.Admits($"Read again: {failure.GetType()}"))
            {
                LogFailed(failure.Message);
            }

            // It may be the client: the next rewind has another one.
            client.Renew();
            return IMessageLog.Busy;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The node ends.
            return IMessageLog.Busy;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<string?> Read(
        KafkaConsumer<Ignore, Ignore> kafka, KafkaRewindRanges ranges, Position from, Action<LogRecord> onRecord, CancellationToken stop)
    {
        var lost = await OwnThread.Run(() => ReadAll(kafka.Consumer, ranges, onRecord, stop));
        return await WhatIsMissing(kafka.Topics, ranges, from, lost).WaitAsync(stop);
    }

    /// <summary>Returns the partition of which the place is not in the log; null when all was read.</summary>
    private TopicPartition? ReadAll(
        IConsumer<Ignore, Ignore> consumer, KafkaRewindRanges ranges, Action<LogRecord> onRecord, CancellationToken stop)
    {
        using var queue = new ConsumerQueue(consumer, clients.Options.SourceTopics, clients.Time);
        consumer.Assign(ranges.Places);
        try
        {
            var progress = Stopwatch.GetTimestamp();
            var since = progress;
            for (var i = 1; ranges.Left > 0; i++)
            {
                stop.ThrowIfCancellationRequested();
                if (TryPeek(queue, ref since, out var next))
                {
                    if (next.IsRecord || next.IsEnd)
                    {
                        progress = Take(consumer, queue, ranges, next, onRecord) ? since : progress;
                    }
                    else if (IsLost(consumer, ranges, next, queue.Error()))
                    {
                        return new TopicPartition(ranges.Name(next.SourceTopicIndex), next.Partition);
                    }

                    queue.Pass();
                }
                else if (Stopwatch.GetElapsedTime(progress) > Patience)
                {
                    throw new KafkaException(new Error(ErrorCode.Local_TimedOut, "no record came in time"));
                }

                if (i % Batch == 0)
                {
                    since = Rest(since, stop);
                }
            }

            return null;
        }
        finally
        {
            consumer.Unassign();
        }
    }

    /// <summary>Whether the place is no longer in the log; not if it is one of an earlier rewind.</summary>
    private bool IsLost(IConsumer<Ignore, Ignore> consumer, KafkaRewindRanges ranges, in Fetched failed, Error error)
    {
        if (!LostPlace.IsLost(error))
        {
            throw new KafkaException(error);
        }

        LogFailed(error.Reason);
        if (!ranges.IsFormer(failed.SourceTopicIndex, failed.Partition, failed.Offset, out var again))
        {
            return true;
        }

        if (again is not null)
        {
            consumer.IncrementalUnassign([again.TopicPartition]);
            consumer.IncrementalAssign([again]);
        }

        return false;
    }

    /// <summary>Looks at the next record, or the end of a partition. To wait for it is no work.</summary>
    private static bool TryPeek(ConsumerQueue queue, ref long since, out Fetched next)
    {
        if (queue.TryPeek(0, out next))
        {
            return true;
        }

        var waiting = Stopwatch.GetTimestamp();
        var isThere = queue.TryPeek(PollMs, out next);
        since += Stopwatch.GetTimestamp() - waiting;
        return isThere;
    }

    /// <summary>Returns whether that was progress.</summary>
    private static bool Take(
        IConsumer<Ignore, Ignore> consumer, ConsumerQueue queue, KafkaRewindRanges ranges, in Fetched next, Action<LogRecord> onRecord)
    {
        var (index, partition, offset, _) = next;
        bool isLast;
        if (next.IsEnd)
        {
            isLast = ranges.End(index, partition, offset);
        }
        else if (ranges.Take(index, partition, offset, out isLast))
        {
            onRecord(queue.Record());
        }

        if (isLast)
        {
            consumer.IncrementalUnassign([new TopicPartition(ranges.Name(index), partition)]);
        }

        return isLast || next.IsRecord;
    }

    private static long Rest(long since, CancellationToken stop)
    {
        var worked = Stopwatch.GetElapsedTime(since);
        if (worked < Slice)
        {
            return since;
        }

        stop.WaitHandle.WaitOne(worked);
        return Stopwatch.GetTimestamp();
    }

    /// <summary>
    /// What was read may come from a topic that was created again meanwhile, and what was not there may have been removed.
    /// </summary>
    private static async Task<string?> WhatIsMissing(KafkaTopics topics, KafkaRewindRanges ranges, Position from, TopicPartition? lost)
    {
        var incarnations = await KafkaBounds.Incarnations(topics);
        foreach (var index in ranges.SourceTopicIndices)
        {
            if (incarnations[index] is not { } incarnation)
            {
                return IMessageLog.Busy;
            }

            if (incarnation.Epoch != from.Epoch(index))
            {
                return LogPlacement.Recreated;
            }
        }

        if (lost is not null)
        {
            var first = (await topics.Offsets(lost.Topic, [lost.Partition], OffsetSpec.Earliest())).Single();
            return ranges.Next(lost) < first.Offset ? LogPlacement.Retention : LogPlacement.Truncated;
        }

        foreach (var holes in ranges.Holes)
        {
            if (await topics.MayBeCompacted(ranges.Name(holes.Key)))
            {
                return LogPlacement.Retention;
            }

            // Those of markers stay.
            var first = await topics.Offsets(ranges.Name(holes.Key), holes.Select(hole => hole.Partition), OffsetSpec.Earliest());
            if (holes.OrderBy(hole => hole.Partition).Zip(first).Any(pair => pair.First.Offset < pair.Second.Offset))
            {
                return LogPlacement.Retention;
            }
        }

        return null;
    }

    [LoggerMessage(1035, LogLevel.Warning, "Records could not be read again: {Reason}", EventName = "ReadAgainFailed")]
    private partial void LogFailed(string reason);
}
