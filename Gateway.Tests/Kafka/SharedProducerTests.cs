using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

/// <summary>When a producer is not worth keeping: the times are 10, 20, 30 and so on.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SharedProducerTests : IDisposable
{
    private static readonly (string, int) One = ("topic", 1);
    private static readonly (string, int) Two = ("topic", 2);

    private readonly SharedProducer _producer = new(new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = "127.0.0.1:1" })
        .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build());

    public void Dispose() => _producer.Dispose();

    [Test]
    public void Dropped_TheSameWayTwiceInARow_IsSaid([Values] bool onItsWay)
    {
        Assert.That(_producer.Dropped(One, onItsWay, since: 10, now: 20), Is.False);
        Assert.That(_producer.Dropped(One, onItsWay, since: 30, now: 40), Is.True);
    }

    [Test]
    public void Dropped_WithTheOneBefore_IsTheSameTime()
    {
        _producer.Dropped(One, onItsWay: false, since: 10, now: 20);

        Assert.That(_producer.Dropped(One, onItsWay: false, since: 15, now: 20), Is.False);
    }

    [Test]
    public void Dropped_AfterAnotherWasStored_IsTheFirstTime_InThatPartition()
    {
        _producer.Dropped(One, onItsWay: false, since: 10, now: 20);
        _producer.Dropped(Two, onItsWay: false, since: 10, now: 20);

        _producer.Stored(One);

        Assert.That(_producer.Dropped(One, onItsWay: false, since: 30, now: 40), Is.False);
        Assert.That(_producer.Dropped(Two, onItsWay: false, since: 30, now: 40), Is.True);
    }

    /// <summary>Of a dead connection five requests are on their way, and what comes after them waits.</summary>
    [Test]
    public void Dropped_BothOnItsWayAndWaiting_TwiceInARow_IsSaid([Values] bool isOnItsWayFirst)
    {
        _producer.Dropped(One, isOnItsWayFirst, since: 10, now: 20);
        _producer.Dropped(One, !isOnItsWayFirst, since: 10, now: 20);

        Assert.That(
            new[] { _producer.Dropped(One, isOnItsWayFirst, since: 30, now: 40), _producer.Dropped(One, !isOnItsWayFirst, since: 30, now: 40) },
            Has.Some.True);
    }

    [Test]
    public void Dropped_BeforeItHadAPartition_IsTheFirstTime_AfterOneOfTheTopicWasStored()
    {
        var none = ("topic", Partition.Any.Value);
        _producer.Dropped(none, onItsWay: false, since: 10, now: 20);

        _producer.Stored(One);

        Assert.That(_producer.Dropped(none, onItsWay: false, since: 30, now: 40), Is.False);
    }

    /// <summary>A broker that stands still may store late what was on its way: a new producer's records could be before it.</summary>
    [Test]
    public void Dropped_WhileWaiting_AfterOneThatWasOnItsWay_IsTheFirstTime()
    {
        _producer.Dropped(One, onItsWay: true, since: 10, now: 20);

        Assert.That(_producer.Dropped(One, onItsWay: false, since: 30, now: 40), Is.False);
        Assert.That(_producer.Dropped(One, onItsWay: false, since: 50, now: 60), Is.True);
    }
}
