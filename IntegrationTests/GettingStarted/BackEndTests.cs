using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.GettingStarted;

/// <summary>Each example of docs/getting-started/write-a-back-end, as it is there.</summary>
internal sealed class BackEndTests : KafkaFixture
{
    private const int Partitions = 12;

    /// <summary>So many that no two partitioners agree on all of them by chance.</summary>
    private static readonly string[] Users = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"];

    [TestCase("kafka.cs")]
    [TestCase("Kafka.java")]
    [TestCase("kafka.mjs")]
    [TestCase("kafka.py")]
    public async Task Producer_IsHeard_AndSharesEachUsersPartitionWithTheGateway(string file)
    {
        var topic = await Topics.Create(Partitions);
        await using var node = await KafkaNode.Start(Topics.Hosts, topic);
        var streams = new List<SseClient>();
        foreach (var user in Users)
        {
            streams.Add(await node.Listen(user));
            await node.Publish($$"""{"user":"{{user}}","text":"posted"}""");
            Assert.That((await streams[^1].Next("message")).Data, Does.Contain("posted"));
        }

        using (var sender = await Sender.Start(file, [Topics.Hosts, topic, .. Users]))
        {
            await sender.Ends();
        }

        foreach (var (user, stream) in Users.Zip(streams))
        {
            Assert.That(JsonElement.Parse((await stream.Next("message")).Data!).GetProperty("text").GetString(), Is.EqualTo($"Hi, {user}!"));
            stream.Dispose();
        }

        var partitions = Topics.ReadAll(topic).GroupBy(record => record.Key!, record => record.Partition).ToDictionary(user => user.Key, user => user.ToList());
        Assert.That(partitions.Keys, Is.EquivalentTo(Users));
        Assert.That(partitions.Values, Is.All.Count.EqualTo(2).And.All.Matches<List<int>>(both => both!.Distinct().Count() == 1));
    }

    /// <summary>What the page warns of.</summary>
    [Test]
    public async Task ProducerWithTheDefaultPartitionerOfLibrdkafka_PutsUsersElsewhere()
    {
        var topic = await Topics.Create(Partitions);
        await using var node = await KafkaNode.Start(Topics.Hosts, topic);
        using var backEnd = new BackEnd(Topics.Hosts);
        foreach (var user in Users)
        {
            await node.Publish($$"""{"user":"{{user}}"}""");
            await backEnd.Write(topic, System.Text.Encoding.UTF8.GetBytes(user), $$"""{"user":"{{user}}"}""");
        }

        var partitions = Topics.ReadAll(topic).GroupBy(record => record.Key!, record => record.Partition);
        Assert.That(partitions.Select(user => user.Distinct().Count()), Has.Some.EqualTo(2));
    }

    [TestCase("send.sh")]
    [TestCase("send.mjs")]
    public async Task Sender_TriesAgain_UntilTheMessageIsStored(string file)
    {
        await using var cluster = await TestKafka.StartCluster();
        var topic = TestTopics.NewName();
        await using var node = await KafkaNode.Start(cluster.Hosts, topic, new() { ["PUBLISH_TIMEOUT_MS"] = "1000" });
        using var stream = await node.Listen("alice");
        await cluster.Brokers[0].Kill();

        using var sender = await Sender.Start(file, Arguments(file, node));
        await Wait.Until(async () => await Refusals(node) > 0, "it was answered 503");
        cluster.Brokers[0].Start();
        await sender.Ends();

        Assert.That(JsonElement.Parse((await stream.Next("message")).Data!).GetProperty("id").GetString(), Is.Not.Empty);
    }

    [TestCase("send.sh")]
    [TestCase("send.mjs")]
    public async Task Sender_OfAMessageThatIsNotTaken_GivesUpAtOnce(string file)
    {
        await using var node = await GatewayNode.Start(new() { ["MESSAGE_MAX_BYTES"] = "1024" });

        using var sender = await Sender.Start(file, Arguments(file, node, new string('x', 1024)));

        Assert.That(await sender.Ends(well: false), Does.Contain("413"));
        Assert.That((await node.Metrics()).Sum("rig_messages_published_total", "outcome=\"too_large\""), Is.EqualTo(1));
    }

    private static string[] Arguments(string file, GatewayNode node, string text = "Hi, Alice!")
    {
        var api = node.Api.AbsoluteUri.TrimEnd('/');
        return file == "send.sh" ? [api, $$"""{"user":"alice","id":"m-1","text":"{{text}}"}"""] : [api, "alice", text];
    }

    private static async Task<double> Refusals(GatewayNode node)
    {
        var metrics = await node.Metrics();
        return metrics.Sum("rig_messages_published_total", "outcome=\"not_stored\"") + metrics.Sum("rig_messages_published_total", "outcome=\"unknown\"");
    }
}
