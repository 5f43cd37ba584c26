using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

internal sealed class TopicIdTests
{
    private const long Most = 0x1000_0001_0200_0020;
    private const long Least = 0x0040_0400_4008_8000;

    /// <summary>H14: other nodes, and other versions of the runtime, have to see the same: the value is written down.</summary>
    [TestCase(Most, Least, "rig", 0xdab03036u)]
    [TestCase(0, 0, "rig", 0xc4a528c5u, TestName = "Epoch_OfATopicWithoutAnId_IsThatOfItsName")]
    public void Epoch_IsTheSameEverywhere(long most, long least, string name, uint expected) =>
        Assert.That(TopicId.Of(new Uuid(most, least)).Epoch(name), Is.EqualTo(expected));

    /// <summary>H14.</summary>
    [Test]
    public void Epoch_TakesAllOfTheId_AndTheName()
    {
        var bits = Enumerable.Range(0, 64).Select(bit => 1L << bit).ToList();
        var epochs = bits.Select(bit => new TopicId(Most ^ bit, Least).Epoch("rig"))
            .Concat(bits.Select(bit => new TopicId(Most, Least ^ bit).Epoch("rig")))
            .Concat(new[] { "rig", "rig2", "", new string('x', 249) }.Select(new TopicId(Most, Least).Epoch));

        Assert.That(epochs, Is.Unique);
    }

    [TestCase(1, 2, true)]
    [TestCase(1, 3, false)]
    [TestCase(2, 2, false)]
    public void Of_TheSameBits_IsTheSame(long most, long least, bool expected) => Assert.That(TopicId.Of(new Uuid(1, 2)) == TopicId.Of(new Uuid(most, least)), Is.EqualTo(expected));
}
