using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>The source topic is deleted, created again and filled while a node sees nothing of it.</summary>
internal sealed class RecreatedTopicTests
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(4);

    [TestCase(true, TestName = "NodePausedWhileItsTopicIsMadeAnew_GivesAGapFirst_AndThenEachMessageOnce")]
    [TestCase(false, TestName = "QuietTopicThatIsMadeAnewUnderANode_IsAGapFirst_AndThenEachMessageOnce")]
    public async Task MadeAnew(bool pause)
    {
        using var topics = new TestTopics(await TestKafka.Hosts());
        var topic = await topics.Create(partitions: 1);
        await using var node = await GatewayProcess.Start(new Dictionary<string, string>
        {
            ["KAFKA_ENABLED"] = "true",
            ["KAFKA_HOSTS"] = topics.Hosts,
            ["KAFKA_SOURCE_TOPICS"] = topic,
            ["HEARTBEAT_INTERVAL_MS"] = "200",
            ["JWT_SECRET_KEY"] = Token.Secret,
        });
        using var http = new HttpClient();
        await Wait.Until(async () => (await http.GetAsync(new Uri(node.Api, "/health/ready")).Soon()).IsSuccessStatusCode, "the node is ready");
        using var alice = await Listener.Open(node.External, "alice");
        await Write(topics, topic, 0, 5);
        await alice.HearUntil(4);

        if (pause)
        {
            node.Pause();
        }

        // Time that passes is what the node has to notice.
        await Task.Delay(Silence);
        await topics.Delete(topic);
        await topics.CreateAgain(topic, partitions: 1);
        await Write(topics, topic, 100, 20);
        if (pause)
        {
            node.Resume();
        }

        var gap = await alice.Stream.Next();
        Assert.That((gap.Name, gap.Data), Is.EqualTo(("gap", """{"reason":"topic_recreated"}""")));
        await alice.HearUntil(119);
        Assert.That(alice.Heard.Numbers.Skip(5), Is.EqualTo(Enumerable.Range(100, 20)));
        await Write(topics, topic, 120, 1);
        await alice.HearUntil(120);
        Assert.That(alice.Heard.Numbers.TakeLast(2), Is.EqualTo([119, 120]));
    }

    private static async Task Write(TestTopics topics, string topic, int from, int count)
    {
        for (var n = from; n < from + count; n++)
        {
            await topics.Write(topic, 0, $$"""{"user":"alice","n":{{n}}}""");
        }
    }
}
