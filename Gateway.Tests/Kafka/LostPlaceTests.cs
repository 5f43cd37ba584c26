using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.Tests.Kafka;

internal sealed class LostPlaceTests
{
    // What was to be read, where the client says that the log was cut, where the log begins and ends now.
    [TestCase(20, 10, 0, 25, 10, LogPlacement.Truncated, TestName = "GoOn_WhereTheLogWasCut_GoesOnThere")]
    [TestCase(20, 10, 0, 12, 10, LogPlacement.Truncated, TestName = "GoOn_WhereTheNewLogIsShorter_GoesOnWhereItWasCut")]
    [TestCase(20, 10, 15, 25, 15, LogPlacement.Truncated, TestName = "GoOn_WhereWhatFollowsTheCutIsGone_GoesOnFromTheBeginning")]
    [TestCase(10, 12, 0, 25, 10, LogPlacement.Truncated, TestName = "GoOn_WhereNothingWasReadBehindTheCut_SkipsNothing")]
    [TestCase(20, null, 30, 40, 30, LogPlacement.Retention, TestName = "GoOn_BeforeTheBeginning_GoesOnFromThere")]
    [TestCase(20, null, 0, 15, 15, LogPlacement.Truncated, TestName = "GoOn_BehindTheEnd_GoesOnFromTheEnd")]
    [TestCase(20, null, 0, 25, 25, LogPlacement.Truncated, TestName = "GoOn_AtAnOffsetThatIsThereAgain_IsNotTheOldPlace")]
    public void GoOn(long next, long? cut, long first, long end, long expected, string gap)
    {
        var lost = new LostPlace(0, 0, 3, next, cut is { } at ? new KafkaTruncation(at, 7) : null);

        var (place, why) = lost.GoOn(At(first), At(end));

        Assert.That((place.Partition.Value, place.Offset.Value, why), Is.EqualTo((3, expected, gap)));
    }

    [Test]
    public void GoOn_WhereTheLogWasCut_TakesTheEpochOfWhatIsLeft() =>
        Assert.That(new LostPlace(0, 0, 3, 20, new KafkaTruncation(10, 7)).GoOn(At(0), At(25)).Place.LeaderEpoch, Is.EqualTo(7));

    private static TopicPartitionOffset At(long offset) => new("rig", 3, offset);
}
