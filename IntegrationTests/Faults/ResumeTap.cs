using System.Text.Json;
using Confluent.Kafka;
using RigKafka.IntegrationTests.Kafka;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>
/// Reads one incarnation of a source topic from its beginning, and notes all that was ever there. Who removes something from it has to wait
/// until it was read.
/// </summary>
internal sealed class ResumeTap : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly IConsumer<Ignore, string> _consumer;
    private readonly ResumeTruth _truth;
    private readonly string _topic;
    private readonly Task _reading;

    /// <summary>What follows the last record of each partition, and where its end was last seen: also markers of transactions stand there.</summary>
    private readonly List<(long Records, long End)> _next = [];

    private bool _isOver;

    private ResumeTap(string hosts, string topic, uint epoch, ResumeTruth truth)
    {
        (_topic, Epoch, _truth) = (topic, epoch, truth);
        _consumer = new ConsumerBuilder<Ignore, string>(new ConsumerConfig
        {
            BootstrapServers = hosts,
            GroupId = "truth",
            EnableAutoCommit = false,
            EnablePartitionEof = true,
            IsolationLevel = IsolationLevel.ReadCommitted,
            TopicMetadataRefreshIntervalMs = 1_000,
        }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        _reading = Task.Run(Read);
    }

    public uint Epoch { get; }

    /// <summary>What follows the last record of each partition.</summary>
    public long[] Next
    {
        get
        {
            lock (_truth)
            {
                return [.. _next.Select(next => next.Records)];
            }
        }
    }

    /// <param name="topics">Where the source topic is.</param>
    /// <param name="topic">Its name.</param>
    /// <param name="truth">Is told of all that it has.</param>
    /// <param name="before">The incarnation before, which may still be there for a moment.</param>
    public static async Task<ResumeTap> Open(TestTopics topics, string topic, ResumeTruth truth, uint? before = null)
    {
        uint? epoch = null;
        await Wait.Until(async () => (epoch = await topics.Epoch(topic)) is not null && epoch != before, $"{topic} is there");
        var tap = new ResumeTap(topics.Hosts, topic, epoch!.Value, truth);
        tap.Extend(topics.PartitionsOf(topic));
        return tap;
    }

    /// <summary>There are more partitions.</summary>
    public void Extend(int partitions)
    {
        lock (_truth)
        {
            var added = Enumerable.Range(_next.Count, partitions - _next.Count).ToList();
            _next.AddRange(added.Select(_ => (0L, 0L)));
            _consumer.IncrementalAssign(added.Select(partition => new TopicPartitionOffset(_topic, partition, 0)));
        }
    }

    /// <summary>Waits until all that is there now has been read.</summary>
    public async Task ReadToTheEnd()
    {
        List<long> ends = [];
        await Wait.Until(
            () => Task.Run(() =>
            {
                try
                {
                    ends = [.. Enumerable.Range(0, Next.Length).Select(partition => _consumer.QueryWatermarkOffsets(new TopicPartition(_topic, partition), Limits.Hang).High.Value)];
                    return true;
                }
                catch (KafkaException failure) when (failure.Error.Code == ErrorCode.Local_UnknownPartition)
                {
                    // It was added a moment ago, and this client has not heard of it.
                    return false;
                }
            }),
            $"{_topic} says where it ends");
        await Wait.Until(
            () =>
            {
                lock (_truth)
                {
                    return ends.Index().All(end => Math.Max(_next[end.Index].Records, _next[end.Index].End) >= end.Item);
                }
            },
            $"{_topic} is read to its end");
    }

    /// <summary>May be called again, where a test ends while the topic is created anew.</summary>
    public void Dispose()
    {
        if (_isOver)
        {
            return;
        }

        _isOver = true;
        _stop.Cancel();
        _reading.Wait(Limits.Hang);
        _consumer.Dispose();
        _stop.Dispose();
    }

    private void Read()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (_consumer.Consume(100) is { } read)
                {
                    Take(read);
                }
            }
            catch (ConsumeException)
            {
                // It tries again: a partition that was just added, or a topic that was just created, is not known everywhere yet.
            }
        }
    }

    private void Take(ConsumeResult<Ignore, string> read)
    {
        lock (_truth)
        {
            if (read.IsPartitionEOF)
            {
                _next[read.Partition] = (_next[read.Partition].Records, read.Offset);
                return;
            }

            using var json = JsonDocument.Parse(read.Message.Value);
            _truth.Write(new WrittenMessage(
                new ResumePlace(Epoch, read.Partition),
                read.Offset,
                json.RootElement.GetProperty("user").GetString()!,
                json.RootElement.GetProperty("n").GetInt64(),
                read.Message.Value.Length));
            _next[read.Partition] = (read.Offset + 1, _next[read.Partition].End);
        }
    }
}
