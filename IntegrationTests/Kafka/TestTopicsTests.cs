using NUnit.Framework;

namespace RigKafka.IntegrationTests.Kafka;

internal sealed class TestTopicsTests
{
    [Test]
    public async Task CreateAgain_OfATopicThatAProducerMadeTheBrokerCreate_AddsThePartitions()
    {
        using var topics = new TestTopics(await TestKafka.Hosts());
        var topic = await topics.Create(2);
        await topics.Delete(topic);
        await topics.Create(1, topic);

        await topics.CreateAgain(topic, partitions: 3);

        Assert.That(topics.PartitionsOf(topic), Is.EqualTo(3));
    }
}
