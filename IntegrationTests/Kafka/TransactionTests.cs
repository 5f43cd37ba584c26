using Confluent.Kafka;
using NUnit.Framework;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>What reading promises of records that a transaction wrote.</summary>
internal sealed class TransactionTests : KafkaFixture
{
    [Test]
    public async Task Read_OfTransactions_HandsOverWhatWasCommittedAndSeesNoGap()
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = NewLog(topic);
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();
        await WriteTransactions(topic, ("one", true), ("aborted", false), ("two", true));
        await Topics.Write(topic, 0, "three");

        Assert.That(await reader.NextTexts(3), Is.EqualTo("one two three".Split()));
        Assert.That(() => log.Lags.Sum(lag => lag.Records), Is.Zero.After(Limits.HangSeconds).Seconds.PollEvery(50));
    }

    [TestCase(true, TestName = "Lag_BehindTheMarkerOfACommit_IsZero")]
    [TestCase(false, TestName = "Lag_BehindTheMarkerOfAnAbort_IsZero")]
    public async Task Lag(bool commit)
    {
        var topic = await Topics.Create(partitions: 2);
        using var log = NewLog(topic);
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();
        using var producer = NewTransactionalProducer(topic);
        var before = new TaskCompletionSource();
        var transaction = Task.Run(async () =>
        {
            producer.InitTransactions(Limits.Hang);
            producer.BeginTransaction();
            await producer.ProduceAsync(new TopicPartition(topic, 0), new Message<Null, string> { Value = "one" });
            before.SetResult();
        });
        await Task.WhenAll(transaction, before.Task).Soon();

        // While it is open, it holds up what comes after it in the same partition, and nothing else.
        await Topics.Write(topic, 0, "two");
        await Topics.Write(topic, 1, "three");
        Assert.That(await reader.NextText(), Is.EqualTo("three"));
        Assert.That(reader.HasMore, Is.False);
        Assert.That(() => log.Lags.Sum(lag => lag.Records), Is.EqualTo(2).After(Limits.HangSeconds).Seconds.PollEvery(50), "they stand in the log, and nobody may read them yet");
        await Task.Run(() => (commit ? producer.CommitTransaction : (Action<TimeSpan>)producer.AbortTransaction)(Limits.Hang)).WaitAsync(Limits.Hang);

        string[] delivered = commit ? ["one", "two"] : ["two"];
        Assert.That(await reader.NextTexts(delivered.Length), Is.EqualTo(delivered));
        Assert.That(() => log.Lags.Sum(lag => lag.Records), Is.Zero.After(Limits.HangSeconds).Seconds.PollEvery(50));
        Assert.That(reader.HasMore, Is.False);
    }
}
