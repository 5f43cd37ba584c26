using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.Tests.Kafka;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class KafkaPlacesTests
{
    private readonly KafkaPlaces _places = new(["one", "two"]);

    [Test]
    public void Take_OfNewPartitions_KeepsThePlacesOfTheOthers()
    {
        Assert.That(Take(0, anew: true, (0, 10), (1, 20)), Is.EqualTo(("10 20", "")));
        _places.Pass(0, 1, 25);

        Assert.That(Take(0, anew: false, (2, 0)), Is.EqualTo(("10 25 0", "")));
    }

    [Test]
    public void Take_OfAPlaceFurtherBack_LeavesTheOldOne()
    {
        Take(0, anew: true, (0, 10), (1, 20));

        Assert.That(Take(0, anew: false, (1, 5)), Is.EqualTo(("10 5", "one [[1]]")));
    }

    [Test]
    public void Take_Anew_LeavesAllOldOnes_WithFewerPartitionsToo()
    {
        Take(1, anew: true, (0, 10), (1, 20));

        Assert.That(Take(1, anew: true, (0, 0)), Is.EqualTo(("0", "two [[0]] two [[1]]")));
        Assert.That(_places.AreComplete, Is.False);
        Take(0, anew: true, (0, 0));
        Assert.That(_places.AreComplete, Is.True);
    }

    [Test]
    public void All_AreThePlacesWhereReadingGoesOn()
    {
        Take(1, anew: true, (0, 10), (1, 20));
        Take(1, anew: false, (2, 0));
        _places.Pass(1, 1, 25);

        Assert.That(_places.All.Select(place => $"{place}"), Is.EqualTo(["two [[0]] @10", "two [[1]] @25", "two [[2]] @0"]));
    }

    [Test]
    public void Pass_OfWhatWasPassedBefore_TakesNothingBack()
    {
        Take(0, anew: true, (0, 10));
        Assert.That(_places.Pass(0, 0, 12), Is.True);
        Assert.That((_places.Pass(0, 0, 11), _places.Pass(0, 0, 12)), Is.EqualTo((false, false)));

        Assert.That(_places.Next(0, 0), Is.EqualTo(12));
    }

    /// <summary>A topic was created again: the client still says that it could not read on where the former one ended.</summary>
    [TestCase(0, 25, 0, TestName = "IsFormer_WhereThePlaceIsAnother_IsToldAgain")]
    [TestCase(1, 25, null, TestName = "IsFormer_OfAPartitionThatIsGone_IsToldNothing")]
    public void IsFormer(int partition, long failedAt, int? expected)
    {
        Take(0, anew: true, (0, 10), (1, 20));
        Take(0, anew: true, (0, 0));

        Assert.That(_places.IsFormer(0, partition, failedAt, out var again), Is.True);
        Assert.That(again?.Offset.Value, Is.EqualTo(expected));
    }

    [TestCase(10, 10, TestName = "IsFormer_AtThePlace_IsOfNow")]
    [TestCase(-1001, 10, TestName = "IsFormer_AtAnUnknownOffset_IsOfNow")]
    [TestCase(13, 12, TestName = "IsFormer_AfterAMarkerBehindWhatWasRead_IsOfNow")]
    public void IsFormer_OfNow(long failedAt, long next)
    {
        Take(0, anew: true, (0, 10), (1, 20));
        _places.Pass(0, 0, next);

        Assert.That(_places.IsFormer(0, 0, failedAt, out _), Is.False);
    }

    [Test]
    public void Lags_CountWhatIsKnownOfEachPartition()
    {
        Take(0, anew: true, (0, 10), (1, 20));
        Take(1, anew: true, (0, 5));

        Assert.That(
            _places.Lags(at => new WatermarkOffsets(0, at.Topic == "two" ? Offset.Unset : at.Partition == 0 ? 15 : 20)),
            Is.EqualTo([new PartitionLag(0, 0, 5), new PartitionLag(0, 1, 0), new PartitionLag(1, 0, 0)]));
    }

    private (string Next, string Left) Take(int topic, bool anew, params (int Partition, long Offset)[] places)
    {
        var name = topic == 0 ? "one" : "two";
        var (next, left) = _places.Take(new KafkaPlacing(topic, 0, [.. places.Select(place => new TopicPartitionOffset(name, place.Partition, place.Offset))], anew, null));
        return (string.Join(' ', next), string.Join(' ', left));
    }
}
