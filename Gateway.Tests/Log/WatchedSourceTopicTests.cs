using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Log;

namespace RigKafka.Tests.Log;

internal sealed class WatchedSourceTopicTests
{
    [Test]
    public void Fold_OfAnId_TakesAllOfIt() =>
        Assert.That(WatchedSourceTopic.Fold(new Uuid(0x1000_0001_0200_0020, 0x0040_0400_4008_8000)), Is.EqualTo(0x1000_0001u ^ 0x0200_0020u ^ 0x0040_0400u ^ 0x4008_8000u));

    [Test]
    public void IsAnother_OnlyForATopicThatWasPlacedWithAnotherId()
    {
        var topic = new WatchedSourceTopic(0, "rig");
        Assert.That(topic.IsAnother(new Uuid(1, 2)), Is.False);

        topic.Placed(new Uuid(1, 2), partitions: 3);

        Assert.That((topic.IsAnother(new Uuid(1, 2)), topic.IsAnother(new Uuid(1, 3)), topic.IsAnother(new Uuid(2, 2))), Is.EqualTo((false, true, true)));
    }
}
