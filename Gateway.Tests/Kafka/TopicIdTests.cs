using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

internal sealed class TopicIdTests
{
    [Test]
    public void Epoch_TakesAllOfTheId() =>
        Assert.That(TopicId.Of(new Uuid(0x1000_0001_0200_0020, 0x0040_0400_4008_8000)).Epoch, Is.EqualTo(0x1000_0001u ^ 0x0200_0020u ^ 0x0040_0400u ^ 0x4008_8000u));

    [TestCase(1, 2, true)]
    [TestCase(1, 3, false)]
    [TestCase(2, 2, false)]
    public void Of_TheSameBits_IsTheSame(long most, long least, bool expected) => Assert.That(TopicId.Of(new Uuid(1, 2)) == TopicId.Of(new Uuid(most, least)), Is.EqualTo(expected));
}
