using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Presence;

/// <summary>Two nodes, each a process of its own, know who is online on both, whatever happens to one of them or to Kafka.</summary>
internal sealed class PresenceOnTwoNodesTests
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };

    /// <summary>How many streams to open on both nodes together.</summary>
    private static readonly int Streams = int.Parse(TestContext.Parameters.Get("streams", "400"), CultureInfo.InvariantCulture);

    /// <summary>For how long Kafka is away.</summary>
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(int.Parse(TestContext.Parameters.Get("outage", "5"), CultureInfo.InvariantCulture));

    private readonly List<SseClient> _streams = [];

    [TearDown]
    public void CloseTheStreams()
    {
        _streams.ForEach(stream => stream.Dispose());
        _streams.Clear();
    }

    [Test]
    public async Task Users_AreTheSameOnBothNodes_ThroughAnOutageOfKafkaAndTheDeathOfANode()
    {
        await using var cluster = await TestKafka.StartCluster();
        var topic = TestTopics.NewName();
        await using var one = await Start(cluster.Hosts, topic);
        await using var two = await Start(cluster.Hosts, topic);
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Open(one, "one"), Open(two, "two"));
        var opened = watch.Elapsed;
        var everybody = Names("one").Concat(Names("two")).Order(StringComparer.Ordinal).ToArray();
        await Shows(one, everybody);
        await Shows(two, everybody);
        await Say($"{Streams} streams on two nodes: open after {opened.TotalSeconds:0.0} s, right on both after {watch.Elapsed.TotalSeconds:0.0} s");

        await cluster.Brokers[0].Kill();
        using var late = await SseClient.Open(two.External, $"users[]=late&token={Token.Of("late", "user")}");
        for (watch.Restart(); watch.Elapsed < Outage; await Task.Delay(500))
        {
            Assert.That(await Users(one), Is.EqualTo(everybody));
            Assert.That(await Users(two), Is.EqualTo(everybody));
        }

        cluster.Brokers[0].Start();
        await cluster.WaitUntilUp();
        watch.Restart();
        await Shows(one, [.. everybody.Append("late").Order(StringComparer.Ordinal)]);
        await Say($"Kafka away for {Outage.TotalSeconds:0} s: the list stayed, and who came meanwhile is on it {watch.Elapsed.TotalSeconds:0.0} s after");

        two.Kill();
        watch.Restart();
        await Shows(one, Names("one"));
        await Say($"A node killed: right again after {watch.Elapsed.TotalSeconds:0.0} s");
    }

    [Test]
    public async Task NodeThatEnds_IsGoneAtOnce_AndOneThatIsStartedAgainRevivesNobody()
    {
        var (hosts, topic) = (await TestKafka.Hosts(), TestTopics.NewName());
        await using var one = await Start(hosts, topic);
        await using var two = await Start(hosts, topic);
        using var alice = await SseClient.Open(one.External, $"users[]=alice&token={Token.Of("alice", "user")}");
        using var bob = await SseClient.Open(two.External, $"users[]=bob&token={Token.Of("bob", "user")}");
        await Shows(one, ["alice", "bob"]);

        two.Terminate();
        await bob.Ended.Soon();
        Assert.That(await two.Exit(), Is.Zero);
        using var topics = new TestTopics(hosts);
        var written = topics.ReadAll($"{topic}-presence");
        var node = written.First(record => record.Key!.EndsWith("/user:bob", StringComparison.Ordinal)).Key!.Split('/')[0];
        Assert.That(written, Has.Some.Matches<WrittenRecord>(record => record is { Value: null } && record.Key == node), "it takes itself, and all its own with it, off the list before it ends");
        await Shows(one, ["alice"]);

        await using var three = await Start(hosts, topic);
        await Shows(three, ["alice"]);
        using var again = await SseClient.Open(three.External, $"users[]=bob&token={Token.Of("bob", "user")}");
        await Shows(one, ["alice", "bob"]);
    }

    private static string[] Names(string node) => [.. Enumerable.Range(0, Streams / 2).Select(i => $"{node}-{i}").Order(StringComparer.Ordinal)];

    private static async Task Shows(GatewayProcess node, string[] users) =>
        await Wait.Until(async () => (await Users(node)).SequenceEqual(users), $"{users.Length} users");

    private static async Task<string[]> Users(GatewayProcess node) => JsonSerializer.Deserialize<string[]>(await Http.GetStringAsync(new Uri(node.Api, "/v1/users")).Soon())!;

    private static Task Say(string figure) => TestContext.Progress.WriteLineAsync($"Presence: {figure}.");

    private static async Task<GatewayProcess> Start(string hosts, string topic)
    {
        var node = await GatewayProcess.Start(KafkaNode.Settings(hosts, topic, new() { ["JWT_SECRET_KEY"] = Token.Secret, ["PUBLISH_TIMEOUT_MS"] = "1000", ["CONNECTS_PER_SECOND"] = "0" })
            .ToDictionary(setting => setting.Key, setting => setting.Value!));
        await node.UntilReady();
        return node;
    }

    private async Task Open(GatewayProcess node, string name)
    {
        foreach (var user in Names(name))
        {
            var stream = await SseClient.Open(node.External, $"users[]={user}&token={Token.Of(user, "user")}");
            lock (_streams)
            {
                _streams.Add(stream);
            }
        }
    }
}
