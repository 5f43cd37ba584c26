using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>What reading again promises when the log is more than a row of records.</summary>
internal sealed class KafkaRewindTests : KafkaFixture
{
    [Test]
    public async Task ReadAgain_GivesTheRangeOfEachPartition_AndNothingElse_AgainAndAgain()
    {
        var topics = new[] { await Topics.Create(partitions: 2), await Topics.Create(partitions: 1) };
        using var log = NewLog(topics);
        foreach (var (topic, partition) in new[] { (topics[0], 0), (topics[0], 1), (topics[1], 0) })
        {
            await Write(topic, partition, 10);
        }

        var bounds = await log.Bounds(CancellationToken.None).Soon();
        Assert.That((Text(bounds!.First), Text(bounds.End)), Is.EqualTo(("0 0; 0", "10 10; 10")));
        for (var times = 0; times < 2; times++)
        {
            Assert.That(await ReadAgain(log, At(bounds, [2, 5], [0]), At(bounds, [4, 5], [10])), Is.EqualTo((null as string, "0/0: 2 3; 1/0: 0 1 2 3 4 5 6 7 8 9")));
            Assert.That(await ReadAgain(log, At(bounds, [9, 0], [0]), At(bounds, [10, 10], [0])), Is.EqualTo((null as string, "0/0: 9; 0/1: 0 1 2 3 4 5 6 7 8 9")));
        }
    }

    /// <summary>H12: it may have been so only since the rewind began.</summary>
    [Test]
    public async Task ReadAgain_OfATopicThatIsCompactedByNow_IsRetentionWhereThereAreHoles()
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = NewLog(topic);
        await WriteTransactions(topic, ("one", true), ("two", true));
        var bounds = await log.Bounds(CancellationToken.None).Soon();
        await Topics.Configure(topic, "cleanup.policy", "compact");
        await Wait.Until(async () => (await log.Bounds(CancellationToken.None).Soon())!.IsCompacted[0], "the broker says so");

        Assert.That((await ReadAgain(log, At(bounds!, [0]), At(bounds!, [4]))).Missing, Is.EqualTo(LogPlacement.Retention));
        Assert.That((await ReadAgain(log, At(bounds!, [0]), At(bounds!, [1]))).Missing, Is.Null, "there is nothing missing");
    }

    /// <summary>H13: the marker of a transaction ends the partition, and stands between records; neither is missing.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task ReadAgain_OfTransactions_GivesWhatWasCommitted_AndSeesNoGap(bool endsWithMarker)
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = NewLog(topic);
        var passed = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = new CancellationTokenSource();
        var placed = new TaskCompletionSource();
        var end = endsWithMarker ? 6 : 7;
        var reading = log.Read(
            new LogReader(_ => ValueTask.CompletedTask, _ => placed.TrySetResult(), (_, _, next) => _ = next == 6 && passed.TrySetResult(next)),
            stop.Token);
        await placed.Task.Soon();
        await WriteTransactions(topic, ("one", true), ("aborted", false), ("two", true));
        Assert.That(await passed.Task.Soon(), Is.EqualTo(6), "the position of the node passes the marker too");
        if (!endsWithMarker)
        {
            await Topics.Write(topic, 0, "three");
        }

        var bounds = await log.Bounds(CancellationToken.None).Soon();
        Assert.That(Text(bounds!.End), Is.EqualTo($"{end}"));
        Assert.That(await ReadAgain(log, At(bounds, [0]), At(bounds, [6])), Is.EqualTo((null as string, "0/0: 0 4")));
        Assert.That(await ReadAgain(log, At(bounds, [1]), At(bounds, [2])), Is.EqualTo((null as string, "")));
        Assert.That(await ReadAgain(log, At(bounds, [5]), At(bounds, [6])), Is.EqualTo((null as string, "")));
        await stop.CancelAsync();
        await reading.Soon();
    }

    [Test]
    public async Task ReadAgain_OfWhatRetentionRemoved_SaysSo()
    {
        var topic = await Topics.Create(partitions: 2);
        using var log = NewLog(topic);
        await Write(topic, 0, 10);
        await Write(topic, 1, 10);
        await Topics.DeleteRecords(topic, 1, before: 5);

        var bounds = await log.Bounds(CancellationToken.None).Soon();
        Assert.That((Text(bounds!.First), Text(bounds.End)), Is.EqualTo(("0 5", "10 10")));
        Assert.That((await ReadAgain(log, At(bounds, [0, 4]), At(bounds, [10, 10]))).Missing, Is.EqualTo(LogPlacement.Retention));
        Assert.That(await ReadAgain(log, At(bounds, [8, 5]), At(bounds, [10, 7])), Is.EqualTo((null as string, "0/0: 8 9; 0/1: 5 6")));
    }

    [Test]
    public async Task ReadAgain_OfATopicThatWasCreatedAgain_SaysSo_WhateverItHolds()
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = NewLog(topic);
        await Write(topic, 0, 5);
        var before = await log.Bounds(CancellationToken.None).Soon();
        Assert.That((await ReadAgain(log, At(before!, [0]), At(before!, [5]))).Missing, Is.Null);

        await Topics.Delete(topic);
        await Topics.CreateAgain(topic, partitions: 1);
        await Write(topic, 0, 9);

        Assert.That((await ReadAgain(log, At(before!, [0]), At(before!, [5]))).Missing, Is.EqualTo(LogPlacement.Recreated));
        var after = await log.Bounds(CancellationToken.None).Soon();
        Assert.That(after!.First.Epoch(0), Is.Not.EqualTo(before!.First.Epoch(0)));
        Assert.That((await ReadAgain(log, At(after, [0]), At(after, [9]))).Missing, Is.Null);
    }

    [Test]
    public async Task ReadAgain_WhenCancelled_Ends_AndTheNextOneWorks()
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = NewLog(topic);
        await Write(topic, 0, 5);
        var bounds = await log.Bounds(CancellationToken.None).Soon();
        using var stop = new CancellationTokenSource();

        // Beyond the end, so it would wait.
        var waiting = log.ReadAgain(At(bounds!, [0]), At(bounds!, [6]), record => stop.CancelAfter(record.Offset < 4 ? Timeout.Infinite : 1), stop.Token);

        Assert.That(() => waiting.Soon(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await ReadAgain(log, At(bounds!, [0]), At(bounds!, [5])), Is.EqualTo((null as string, "0/0: 0 1 2 3 4")));
    }

    [Test]
    public async Task ReadAgain_WhenTheOneWhoTakesFails_FailsWithIt()
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = NewLog(topic);
        await Write(topic, 0, 5);
        var bounds = await log.Bounds(CancellationToken.None).Soon();

        Assert.That(() => log.ReadAgain(At(bounds!, [0]), At(bounds!, [5]), _ => throw new InvalidOperationException("broken"), CancellationToken.None).Soon(), Throws.InvalidOperationException);
    }

    /// <summary>The promise that the log is there within 10 s cannot be waited for by a client, so it is told to come again.</summary>
    [Test]
    public async Task ReadAgain_WithoutABroker_IsBusy_AndThereAreNoBounds()
    {
        using var log = new KafkaLog(TestClients.Of(new KafkaOptions { Hosts = ["127.0.0.1:1"], SourceTopics = ["rig"] }));

        var reading = log.ReadAgain(TestPosition.Of(7, 0), TestPosition.Of(7, 5), _ => { }, CancellationToken.None);
        Assert.That(await log.Bounds(CancellationToken.None).Soon(), Is.Null);
        Assert.That(await reading.Soon(), Is.EqualTo(IMessageLog.Busy));
    }

    private static async Task<(string? Missing, string Records)> ReadAgain(KafkaLog log, Position from, Position to)
    {
        var records = new List<LogRecord>();
        var missing = await log.ReadAgain(from, to, record => records.Add(record.Kept()), CancellationToken.None).Soon();
        var partitions = records.GroupBy(record => (record.SourceTopicIndex, record.Partition))
            .OrderBy(partition => partition.Key)
            .Select(partition => $"{partition.Key.SourceTopicIndex}/{partition.Key.Partition}: {string.Join(' ', partition.Select(record => record.Offset))}");
        return (missing, string.Join("; ", partitions));
    }

    /// <summary>A position in the layout of an answer.</summary>
    private static Position At(LogBounds layout, params long[][] next)
    {
        var position = new Position(next.Length);
        foreach (var (index, offsets) in next.Index())
        {
            position.Place(index, layout.First.Epoch(index), offsets);
        }

        return position;
    }

    private static string Text(Position position) =>
        string.Join("; ", Enumerable.Range(0, position.SourceTopicCount).Select(index => string.Join(' ', position.Offsets(index).ToArray())));
}
