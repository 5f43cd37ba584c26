using Confluent.Kafka;
using NUnit.Framework;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>What the bounds of a log say, when it is more than a row of records.</summary>
internal sealed class KafkaBoundsTests : KafkaFixture
{
    [Test]
    public async Task Bounds_BehindAnOpenTransaction_EndBeforeIt()
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = NewLog(topic);
        await Write(topic, 0, 3);
        using var producer = NewTransactionalProducer(topic);
        await Task.Run(() => producer.InitTransactions(Limits.Hang));
        producer.BeginTransaction();
        await producer.ProduceAsync(new TopicPartition(topic, 0), new Message<Null, string> { Value = "open" }).Soon();
        await Write(topic, 0, 3);

        Assert.That((await log.Bounds(CancellationToken.None).Soon())!.End.Offsets(0).ToArray(), Is.EqualTo([3L]));
        await Task.Run(() => producer.AbortTransaction(Limits.Hang)).Soon();
    }

    /// <summary>H12.</summary>
    [TestCase("compact", true)]
    [TestCase("compact,delete", true)]
    [TestCase("delete", false)]
    public async Task Bounds_SayWhetherASourceTopicIsCompacted(string policy, bool expected)
    {
        var topics = new[] { await Topics.Create(partitions: 1), await Topics.Create(partitions: 1, configs: new() { ["cleanup.policy"] = policy }) };
        using var log = NewLog(topics);

        Assert.That((await log.Bounds(CancellationToken.None).Soon())!.IsCompacted, Is.EqualTo(new[] { false, expected }));
    }

    [Test]
    public async Task Bounds_OfATopicThatIsCompactedFromNowOn_SaySoAtTheNextQuestion()
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = NewLog(topic);
        Assert.That((await log.Bounds(CancellationToken.None).Soon())!.IsCompacted[0], Is.False);

        await Topics.Configure(topic, "cleanup.policy", "compact");

        // A broker hears of it a little later. Answers were once kept for 60 s.
        await Wait.Until(async () => (await log.Bounds(CancellationToken.None).Soon())!.IsCompacted[0], "it is compacted", TimeSpan.FromSeconds(30));
    }

    /// <summary>H14: the same topic has the same epoch on every node, and another one has another.</summary>
    [Test]
    public async Task Bounds_OfTwoNodes_AgreeOnTheEpochs_WhateverTheOrder()
    {
        var topics = new[] { await Topics.Create(partitions: 1), await Topics.Create(partitions: 1) };
        using var one = NewLog(topics);
        using var other = NewLog(topics[1], topics[0]);

        var (first, second) = ((await one.Bounds(CancellationToken.None).Soon())!.First, (await other.Bounds(CancellationToken.None).Soon())!.First);

        Assert.That((second.Epoch(1), second.Epoch(0)), Is.EqualTo((first.Epoch(0), first.Epoch(1))));
        Assert.That(first.Epoch(0), Is.Not.EqualTo(first.Epoch(1)));
    }

    /// <summary>H16: an answer is no older than the question, and many who ask cost one question a second.</summary>
    [Test]
    public async Task Bounds_AskedByMany_AreOneAnswer_ThatKnowsWhatWasWrittenBefore()
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = NewLog(topic);
        for (var written = 0; written < 3; written++)
        {
            await Write(topic, 0, 1);
            var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => log.Bounds(CancellationToken.None))).Soon();

            Assert.That(answers.Distinct(ReferenceEqualityComparer.Instance).Count(), Is.LessThanOrEqualTo(2), "one that begins while they ask, and the next");
            Assert.That(answers.Select(answer => answer!.End.Offsets(0).ToArray()), Has.All.EqualTo(new[] { written + 1L }));
        }
    }
}
