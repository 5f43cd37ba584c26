using System.Text;
using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>What a consumer fetched is handed over as it is, and its memory is given back once.</summary>
internal sealed class ConsumerQueueTests : KafkaFixture
{
    [Test]
    public async Task TryPeek_GivesRecordsOfAnyShape_OfSeveralTopics_AndTheEndOfEachPartition()
    {
        string[] topics = [await Topics.Create(partitions: 1), await Topics.Create(partitions: 2)];
        byte[]?[] values = [null, [], [0xFF, 0x00], new byte[64 * 1024], new byte[(64 * 1024) + 1], "last"u8.ToArray()];
        foreach (var value in values)
        {
            await Topics.Write(topics[0], 0, new Message<byte[]?, byte[]?> { Key = value, Value = value, Timestamp = new Timestamp(1234, TimestampType.CreateTime) });
            await Topics.Write(topics[1], 1, new Message<byte[]?, byte[]?> { Value = value });
        }

        using var consumer = NewConsumer();
        using var queue = new ConsumerQueue(consumer, topics, TimeProvider.System);
        consumer.Assign((TopicPartitionOffset[])[new(topics[0], 0, 0), new(topics[1], 0, 0), new(topics[1], 1, 2)]);
        var (records, ends) = ReadToTheEnds(queue, 3);

        Assert.That(ends, Is.EquivalentTo(new[] { (0, 0, 6L), (1, 0, 0L), (1, 1, 6L) }));
        Assert.That(records.Where(record => record.SourceTopicIndex == 0).Select(record => (record.Partition, record.Offset, record.Timestamp)),
            Is.EqualTo(Enumerable.Range(0, values.Length).Select(offset => (0, (long)offset, 1234L))));
        Assert.That(records.Where(record => record.SourceTopicIndex == 0).Select(record => record.Value), Is.EqualTo(values));
        Assert.That(records.Where(record => record.SourceTopicIndex == 1).Select(record => (record.Partition, record.Offset)),
            Is.EqualTo(Enumerable.Range(2, 4).Select(offset => (1, (long)offset))));
        Assert.That(records.Where(record => record.SourceTopicIndex == 1).Select(record => record.Value), Is.EqualTo(values[2..]));
    }

    [Test]
    public async Task TryPeek_OfMoreThanItTakesAtOnce_GivesAllInOrder_SaysWhenThereAreMore_AndAllocatesNothing()
    {
        const int Count = 3_000;
        var topic = await Topics.Create(partitions: 1);
        await Task.WhenAll(Enumerable.Range(0, Count).Select(i => Topics.Write(topic, 0, $"{i}")));
        var expected = Topics.ReadAll(topic).Select(record => record.Value);

        using var consumer = NewConsumer();
        using var queue = new ConsumerQueue(consumer, [topic], TimeProvider.System);
        consumer.Assign(new TopicPartitionOffset(topic, 0, 0));
        var (values, last) = (new byte[Count][], 0);
        for (var i = 0; i < Count; i++)
        {
            values[i] = new byte[8];
        }

        var allocated = 0L;
        for (var i = 0; i < Count;)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            if (!queue.TryPeek(1_000, out var next) || !next.IsRecord)
            {
                Assert.Fail($"not a record: {next}");
            }

            var record = queue.Record();
            record.Bytes.Span.CopyTo(values[i]);
            last = record.More ? last : i;
            queue.Pass();
            allocated += i++ < 100 ? 0 : GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.That(values.Select(value => Encoding.UTF8.GetString(value).TrimEnd('\0')), Is.EqualTo(expected));
        Assert.That((last, allocated), Is.EqualTo((Count - 1, 0L)).Within(1_000));
    }

    /// <summary>Records with headers cost nothing more where nobody asks.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task Record_OfASampledTrace_HasIt_WhereItIsAskedFor(bool isTraced)
    {
        var topic = await Topics.Create(partitions: 1);
        string?[] parents = ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", "rubbish", null];
        foreach (var parent in parents)
        {
            var headers = new Headers { { "other", null }, { "tracestate", "a=1"u8.ToArray() } };
            if (parent is not null)
            {
                headers.Add("traceparent", Encoding.UTF8.GetBytes(parent));
            }

            await Topics.Write(topic, 0, new Message<byte[]?, byte[]?> { Headers = headers });
        }

        await Topics.Write(topic, 0, "without headers");
        using var consumer = NewConsumer();
        using var queue = new ConsumerQueue(consumer, [topic], TimeProvider.System, isTraced);
        consumer.Assign(new TopicPartitionOffset(topic, 0, 0));
        var (records, _) = ReadToTheEnds(queue, 1);

        var traces = records.Select(record => record.Trace?.Sender);
        Assert.That(traces.Select(trace => (trace?.SpanId.ToHexString(), trace?.TraceState)), Is.EqualTo(Enumerable.Repeat<(string?, string?)>((null, null), 4).Prepend(isTraced ? ("b7ad6b7169203331", "a=1") : (null, null))));
    }

    [Test]
    public async Task Drop_ForgetsWhatWasFetchedFromAPlaceThatTheConsumerHasLeft()
    {
        string[] topics = [await Topics.Create(partitions: 2), await Topics.Create(partitions: 1)];
        foreach (var (topic, partition) in new[] { (0, 0), (0, 1), (1, 0) })
        {
            for (var i = 0; i < 10; i++)
            {
                await Topics.Write(topics[topic], partition, $"{topic}/{partition}: {i}");
            }
        }

        using var consumer = NewConsumer();
        using var queue = new ConsumerQueue(consumer, topics, TimeProvider.System);
        await Wait.Until(
            () =>
            {
                consumer.Unassign();
                queue.Drop(_ => true);
                consumer.Assign((TopicPartitionOffset[])[new(topics[0], 0, 0), new(topics[0], 1, 0), new(topics[1], 0, 0)]);
                return queue.TryPeek((int)Limits.Hang.TotalMilliseconds, out _) && AtHand(queue).Select(each => (each.SourceTopicIndex, each.Partition)).Distinct().Count() == 3;
            },
            "some of each is at hand");

        KafkaPlacing placing = new(0, 7, [new(topics[0], 1, 3)], Anew: false, Gap: null);
        consumer.IncrementalUnassign([new(topics[0], 1)]);
        consumer.IncrementalAssign(placing.Places);
        queue.Drop(placing.Replaces);

        var (records, _) = ReadToTheEnds(queue, 3);
        Assert.That(Texts(0, 0), Is.EqualTo(Numbers(0)));
        Assert.That(Texts(0, 1), Is.EqualTo(Numbers(3)));
        Assert.That(Texts(1, 0), Is.EqualTo(Numbers(0)));

        IEnumerable<string> Texts(int index, int partition) => records
            .Where(record => (record.SourceTopicIndex, record.Partition) == (index, partition))
            .Select(record => Encoding.UTF8.GetString(record.Value!).Split(' ')[1]);
        static IEnumerable<string> Numbers(int from) => Enumerable.Range(from, 10 - from).Select(i => $"{i}");
    }

    [Test]
    public async Task Error_OfAPlaceThatIsNotInTheLog_IsWhatConfluentKafkaThrows()
    {
        string[] topics = [await Topics.Create(partitions: 1), await Topics.Create(partitions: 3)];
        using var consumer = NewConsumer();
        consumer.Assign(new TopicPartitionOffset(topics[1], 2, 100));
        var thrown = Assert.Throws<ConsumeException>(() => consumer.Consume(Limits.Hang))!;
        consumer.Unassign();

        using var queue = new ConsumerQueue(consumer, topics, TimeProvider.System);
        consumer.Assign(new TopicPartitionOffset(topics[1], 2, 100));
        Assert.That(queue.TryPeek((int)Limits.Hang.TotalMilliseconds, out var next));

        Assert.That((next.SourceTopicIndex, next.Partition, next.IsRecord, next.IsEnd), Is.EqualTo((1, 2, false, false)));
        Assert.That((next.Code, queue.Error().Code, queue.Error().Reason), Is.EqualTo((thrown.Error.Code, thrown.Error.Code, thrown.Error.Reason)));
        Assert.That(LostPlace.IsLost(queue.Error()));
    }

    [Test]
    public void TryPeek_CallsTheConsumersCallbacks()
    {
        var errors = new List<ErrorCode>();
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(TestClients.Of(new KafkaOptions { Hosts = ["127.0.0.1:1"], SourceTopics = ["rig"] }).Config.Consumer())
            .SetLogHandler((_, _) => { })
            .SetErrorHandler((_, error) => errors.Add(error.Code))
            .Build();
        using var queue = new ConsumerQueue(consumer, ["rig"], TimeProvider.System);
        consumer.Assign(new TopicPartitionOffset("rig", 0, 0));

        Assert.That(() => (queue.TryPeek(10, out _), errors.Contains(ErrorCode.Local_AllBrokersDown)), Is.EqualTo((false, true)).After(Limits.HangSeconds).Seconds.PollEvery(10));
    }

    [Test]
    public async Task Dispose_WithRecordsAtHand_LetsTheConsumerGo()
    {
        var topic = await Topics.Create(partitions: 1);
        await Task.WhenAll(Enumerable.Range(0, 1_000).Select(i => Topics.Write(topic, 0, $"{i}")));
        for (var i = 0; i < 10; i++)
        {
            await Task.Run(() =>
            {
                using var consumer = NewConsumer();
                using var queue = new ConsumerQueue(consumer, [topic], TimeProvider.System);
                consumer.Assign(new TopicPartitionOffset(topic, 0, 0));
                Assert.That(queue.TryPeek((int)Limits.Hang.TotalMilliseconds, out _));
                queue.Record();
                queue.Pass();
            }).Soon();
        }
    }

    private IConsumer<Ignore, Ignore> NewConsumer() =>
        new ConsumerBuilder<Ignore, Ignore>(TestClients.Of(new KafkaOptions { Hosts = Topics.Hosts.Split(','), SourceTopics = ["rig"] }).Config.Consumer())
            .SetLogHandler((_, _) => { })
            .Build();

    private static (List<LogRecord> Records, List<(int, int, long)> Ends) ReadToTheEnds(ConsumerQueue queue, int ends)
    {
        var read = (Records: new List<LogRecord>(), Ends: new List<(int, int, long)>());
        while (read.Ends.Count < ends)
        {
            Assert.That(queue.TryPeek((int)Limits.Hang.TotalMilliseconds, out var next));
            if (next.IsRecord)
            {
                read.Records.Add(queue.Record().Kept());
            }
            else
            {
                Assert.That(next.IsEnd, $"{next}");
                read.Ends.Add((next.SourceTopicIndex, next.Partition, next.Offset));
            }

            queue.Pass();
        }

        return read;
    }

    private static List<Fetched> AtHand(ConsumerQueue queue)
    {
        var atHand = new List<Fetched>();
        // To see whether there is more behind a record, it takes what has come.
        queue.Record();
        queue.Drop(each =>
        {
            atHand.Add(each);
            return false;
        });
        return atHand;
    }
}
