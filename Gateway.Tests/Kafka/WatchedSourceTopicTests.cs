using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

internal sealed class WatchedSourceTopicTests
{
    [Test]
    public void IsAnother_OnlyForATopicThatWasPlacedWithAnotherId()
    {
        var topic = new WatchedSourceTopic(0, "rig");
        Assert.That((topic.IsAnother(new TopicId(1, 2)), topic.IsThere(new TopicId(1, 2))), Is.EqualTo((false, false)));

        topic.Placed(new TopicId(1, 2), partitions: 3);

        Assert.That((topic.IsThere(new TopicId(1, 2)), topic.IsThere(new TopicId(1, 3)), topic.IsThere(new TopicId(2, 2))), Is.EqualTo((true, false, false)));
        Assert.That((topic.IsAnother(new TopicId(1, 2)), topic.IsAnother(new TopicId(1, 3)), topic.IsAnother(new TopicId(2, 2))), Is.EqualTo((false, true, true)));
    }

    [Test]
    public void IsNew_OfATopicThatThisNodeCreated_OrThatCouldNotBeCreated_IsTrue()
    {
        foreach (var answer in new[] { null, new Error(ErrorCode.InvalidReplicationFactor) })
        {
            var topic = new WatchedSourceTopic(0, "rig");
            topic.Missing(at: 1);
            topic.Created(at: 1, answer);
            Assert.That(topic.IsNew, Is.True, "what was written to it was written after the start");
        }
    }

    [Test]
    public void IsNew_OfATopicThatIsUnknownAtStartAndThenThereAlready_IsFalse()
    {
        var topic = new WatchedSourceTopic(0, "rig");
        for (var look = 1; look <= 3; look++)
        {
            topic.Missing(look);
            topic.Created(look, new Error(ErrorCode.TopicAlreadyExists));
            Assert.That(topic.IsNew, Is.False, "only one broker did not know it: it may be old");
        }
    }

    [Test]
    public void Missing_AfterItWasThereAgain_CountsAnew()
    {
        var topic = new WatchedSourceTopic(0, "rig");
        topic.Placed(new TopicId(1, 2), partitions: 3);
        topic.Missing(at: 10);
        topic.Missing(at: 20);
        Assert.That(topic.MissingSince, Is.EqualTo(10));

        topic.Seen(at: 30);
        Assert.That(topic.MissingSince, Is.Null);
        topic.Missing(at: 1_000);

        Assert.That(topic.MissingSince, Is.EqualTo(1_000));
    }
}
