using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>The command <c>check</c>, asked by an operator before a node is started.</summary>
internal sealed class KafkaCheckTests
{
    [Test]
    public async Task Check_OfTopicsThatAreMissing_SaysThatTheyCanBeCreated_AndCreatesNone()
    {
        var (hosts, topic) = (await TestKafka.Hosts(), TestTopics.NewName());
        var (code, lines) = await Check(hosts, topic);

        Assert.That(code, Is.Zero, () => string.Join('\n', lines));
        Assert.That(lines, Is.All.StartWith("ok ").Or.StartWith("note Topic "));
        foreach (var name in Names(topic))
        {
            Assert.That(lines, Has.One.EqualTo($"note Topic {name} is missing, and can be created: the first node that starts creates it."));
        }

        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = hosts }).SetLogHandler((_, _) => { }).Build();
        Assert.That(admin.GetMetadata(Limits.Hang).Topics.Select(found => found.Topic).Intersect(Names(topic)), Is.Empty);
    }

    [Test]
    public async Task Check_OfTopicsOfANode_SaysWhatTheyAre()
    {
        var (hosts, topic) = (await TestKafka.Hosts(), TestTopics.NewName());
        await (await KafkaNode.Start(hosts, topic, new() { ["KAFKA_PARTITIONS"] = "3" })).DisposeAsync();
        var (code, lines) = await Check(hosts, topic);

        Assert.That(code, Is.Zero, () => string.Join('\n', lines));
        Assert.That(lines, Has.One.StartsWith("ok Kafka answers, with 1 broker(s)."));
        Assert.That(lines, Has.One.StartsWith($"ok Topic {topic}: 3 partition(s), cleanup.policy=delete, max.message.bytes="));
        Assert.That(lines, Has.One.StartsWith($"ok Topic {topic}-blacklist: 1 partition(s), cleanup.policy=compact, "));
    }

    [Test]
    public async Task Check_OfTopicsThatDoNotFit_SaysWhatWouldBeRight()
    {
        var (hosts, topic) = (await TestKafka.Hosts(), TestTopics.NewName());
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = hosts }).SetLogHandler((_, _) => { }).Build();
        await admin.CreateTopicsAsync([
            new() { Name = topic, NumPartitions = 1, Configs = new() { ["max.message.bytes"] = "1000" } },
            new() { Name = $"{topic}-blacklist", NumPartitions = 1 },
            new() { Name = $"{topic}-apis", NumPartitions = 2, Configs = new() { ["cleanup.policy"] = "compact" } },
            new() { Name = $"{topic}-presence", NumPartitions = 1, Configs = new() { ["cleanup.policy"] = "compact", ["max.message.bytes"] = "350000000" } },
        ]).Soon();
        var (code, lines) = await Check(hosts, topic);

        Assert.That(code, Is.EqualTo(1));
        Assert.That(lines.Where(line => line.StartsWith("wrong ", StringComparison.Ordinal)), Has.Exactly(4).Items);
        Assert.That(lines, Has.One.Match($"^wrong Topic {topic}: max.message.bytes=1000; expected at least [0-9]+, for MESSAGE_MAX_BYTES and what comes with a record.$"));
        Assert.That(lines, Has.One.EqualTo($"wrong Table topic {topic}-blacklist has cleanup.policy=delete and cannot hold a table, which needs cleanup.policy=compact; set that, or name another topic."));
        Assert.That(lines, Has.One.StartsWith($"wrong Table topic {topic}-apis has 2 partitions and cannot hold a table, which needs one; "));
        Assert.That(lines, Has.One.Match($"^wrong Topic {topic}-presence: max.message.bytes=350000000; expected at most [0-9]+, since this node reads no more "));
    }

    [Test]
    public async Task Check_OfTopicsThatCallsAreWrittenTo_LooksAtThem_AndNoNodeCreatesThem()
    {
        var topic = TestTopics.NewName();
        using var topics = new TestTopics(await TestKafka.Hosts());
        var there = await topics.Create(partitions: 2);
        var definition = """[{"id":"orders","name":"orders","version_data":{"default":{"endpoints":[{"id":"post","path":"/orders","method":"POST","target":"kafka","topic":"TOPIC-orders"}]}}}]""".Replace("TOPIC", topic, StringComparison.Ordinal);
        var settings = new Dictionary<string, string?> { ["REQUEST_LOG"] = "kafka", ["KAFKA_LOG_TOPIC"] = there, ["PROXY_CONFIG_FILE"] = definition };
        var (code, lines) = await Check(await TestKafka.Hosts(), topic, settings);

        Assert.That(lines, Has.One.EqualTo($"ok Topic {there}: 2 partition(s), to be written."));
        Assert.That(lines, Has.One.EqualTo($"wrong Topic {topic}-orders is missing, and no node creates it; expected the topic that PROXY_CONFIG_FILE names."));
        Assert.That(code, Is.EqualTo(1));
    }

    [Test]
    public async Task Check_WithoutBrokers_IsBounded_AndNamesTheCause()
    {
        var (code, lines) = await Check("127.0.0.1:1", "rig");

        Assert.That(code, Is.EqualTo(1));
        Assert.That(lines[^1], Does.StartWith("wrong Kafka is out of reach: ").And.Contain("Connection refused").And.EndWith("; expected brokers at KAFKA_HOSTS=127.0.0.1:1."));
    }

    private static string[] Names(string topic) => [topic, $"{topic}-blacklist", $"{topic}-apis", $"{topic}-presence"];

    private static async Task<(int Code, string[] Lines)> Check(string hosts, string topic, Dictionary<string, string?>? more = null)
    {
        var settings = KafkaNode.Settings(hosts, topic, new(more ?? []) { ["INBOUND_PORT"] = "0", ["API_PORT"] = "0", ["JWT_SECRET_KEY"] = Token.Secret });
        await using var check = GatewayProcess.Run(settings.ToDictionary(setting => setting.Key, setting => setting.Value!), "check");
        var code = await check.Exit();
        Assert.That(check.Error, Is.Empty);
        return (code, [.. check.Output]);
    }
}
