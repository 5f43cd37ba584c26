using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class KafkaRewindRangesTests
{
    private readonly KafkaRewindRanges _ranges = new(["rig"], TestPosition.Of(1, 10, 20), TestPosition.Of(1, 15, 20));

    /// <summary>The client says late that it could not read on where an earlier rewind was.</summary>
    [TestCase(0, 25, 10, TestName = "IsFormer_WhereTheBeginningIsAnother_IsToldAgain")]
    [TestCase(1, 25, null, TestName = "IsFormer_OfAPartitionThatIsNotRead_IsToldNothing")]
    [TestCase(2, 25, null, TestName = "IsFormer_OfAPartitionThatIsGone_IsToldNothing")]
    public void IsFormer(int partition, long failedAt, int? expected)
    {
        Assert.That(_ranges.IsFormer(0, partition, failedAt, out var again), Is.True);
        Assert.That(again?.Offset.Value, Is.EqualTo(expected));
    }

    [Test]
    public void IsFormer_AtTheBeginning_OrAfterSomethingWasRead_IsOfNow()
    {
        Assert.That(_ranges.IsFormer(0, 0, 10, out _), Is.False);
        _ranges.Take(0, 0, 10, out _);

        Assert.That(_ranges.IsFormer(0, 0, 12, out _), Is.False);
    }
}
