using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

internal sealed class KafkaDoubtsTests
{
    private readonly FakeTimeProvider _time = new();
    private KafkaDoubts _doubts = null!;

    [SetUp]
    public void SettleAll()
    {
        _doubts = new KafkaDoubts(2, _time);
        _doubts.Settle(0, () => { });
        _doubts.Settle(1, () => { });
        Assert.That((Has(0), Has(1)), Is.EqualTo((false, false)));
    }

    [Test]
    public void Has_WhileRecordsFlow_IsFalse_AndTrueAfterASilenceOfTheTopic()
    {
        for (var i = 0; i < 10; i++)
        {
            _time.Advance(KafkaDoubts.Silence);
            Assert.That(Has(0), Is.False);
            _doubts.RecordRead(0, _time.GetTimestamp());
        }

        Assert.That(Has(1), Is.True, "each topic is silent by itself");
    }

    [Test]
    public void Has_WhenTheReaderIsSlow_GoesByWhenTheRecordWasFetched()
    {
        var fetchedAt = _time.GetTimestamp();
        _doubts.RecordRead(0, fetchedAt);
        _time.Advance(KafkaDoubts.Silence + TimeSpan.FromSeconds(1));

        Assert.That((_doubts.Has(0, fetchedAt), Has(0)), Is.EqualTo((false, true)), "what came with the last record is as old as that");
    }

    [Test]
    public void Has_AfterAFailure_IsTrueForEachTopicUntilThatWasLookedAt()
    {
        _doubts.Raise();
        _doubts.RecordRead(0, _time.GetTimestamp());
        Assert.That((Has(0), Has(1)), Is.EqualTo((true, true)));

        _doubts.Settle(0, () => { });

        Assert.That((Has(0), Has(1)), Is.EqualTo((false, true)));
    }

    [Test]
    public void Settle_WithAFailureMeanwhile_IsNotEnough()
    {
        _doubts.Raise();

        _doubts.Settle(0, _doubts.Raise);

        Assert.That(Has(0), Is.True);
    }

    [Test]
    public void Settle_WithALookThatIsCancelled_SettlesNothing()
    {
        _doubts.Raise();

        Assert.That(() => _doubts.Settle(0, () => throw new OperationCanceledException()), Throws.InstanceOf<OperationCanceledException>());

        Assert.That(Has(0), Is.True);
    }

    private bool Has(int index) => _doubts.Has(index, _time.GetTimestamp());
}
