using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>The gateway's own process is stopped for a while, or killed.</summary>
internal sealed class NodeFaultTests : KafkaFixture
{
    private const int SocketTimeoutMs = 2_000;

    private string _topic = null!;

    [SetUp]
    public async Task CreateTheTopic() => _topic = await Topics.Create(partitions: 1);

    [Test]
    public async Task NodePausedForLongerThanEveryTimeout_GoesOnWhereItWas()
    {
        await using var node = await Start();
        using var traffic = await Traffic.Start(node.Api, [node.External, node.External], ["alice"]);
        await traffic.Flow();
        using var bob = await Listener.Open(node.External, "bob");

        node.Pause();
        for (var n = 0; n < 200; n++)
        {
            await Topics.Write(_topic, 0, $$"""{"user":"bob","n":{{n}}}""");
        }

        // Nothing tells when a timeout that nobody is awake for has passed.
        await Task.Delay(2 * SocketTimeoutMs);
        node.Resume();

        await bob.HearUntil(199);
        Assert.That(bob.Heard.Numbers, Is.EqualTo(Enumerable.Range(0, 200)));
        var report = await traffic.Finish();
        await TestContext.Progress.WriteLineAsync($"Node paused: {HistoryReport.Header}\nNode paused: {report.Row}");
        Assert.That(report.IsClean, Is.True, report.ToString());
        Assert.That(traffic.Listeners.Append(bob).Select(listener => listener.Stream.Ended.IsCompleted), Has.All.False);
    }

    [Test]
    public async Task NodeKilled_LosesNothingItAccepted_AndItsClientsGoOnAtAnother()
    {
        await using var one = await Start();
        await using var other = await Start();
        using var lost = await Listener.Open(one.External, "alice");
        using var kept = await Listener.Open(other.External, "alice");
        var accepted = new Publisher(one.Api, "alice");
        for (var n = 0; n < 50; n++)
        {
            Assert.That((await accepted.PublishNext()).HasToArrive, Is.True);
        }

        one.Kill();

        Assert.That(await lost.Stream.Ended.Soon(), Is.EqualTo(StreamEnd.Cut));
        using var again = await Listener.Open(other.External, "alice");
        await Topics.Write(_topic, 0, """{"user":"alice","n":50}""");
        await again.HearUntil(50);
        Assert.That(again.Heard.Numbers, Is.EqualTo([50]));
        await kept.HearUntil(50);
        Assert.That(kept.Heard.Numbers, Is.EqualTo(Enumerable.Range(0, 51)));
    }

    [Test]
    public async Task RetentionThatPassesAPausedNode_IsAGap_AndThenWhatIsLeft()
    {
        await using var node = await Start();
        using var stream = await Listener.Open(node.External, "alice");
        await Topics.Write(_topic, 0, Message(0));
        await stream.HearUntil(0);

        node.Pause();
        for (var n = 1; n < 50; n++)
        {
            await Topics.Write(_topic, 0, Message(n));
        }

        await Topics.DeleteRecords(_topic, 0, before: 40);
        node.Resume();

        // A fetch that was under way may have brought some of them.
        SseEvent got;
        while ((got = await stream.Stream.Next()).Name == "message")
        {
        }

        Assert.That((got.Name, got.Data), Is.EqualTo(("gap", """{"reason":"retention"}""")));
        await stream.HearUntil(49);
        Assert.That(stream.Heard.Numbers, Is.EqualTo([0, .. Enumerable.Range(40, 10)]));

        static string Message(int n) => $$"""{"user":"alice","n":{{n}},"padding":"{{new string('x', 1_000)}}"}""";
    }

    private async Task<GatewayProcess> Start()
    {
        var node = await GatewayProcess.Start(new Dictionary<string, string>
        {
            ["KAFKA_ENABLED"] = "true",
            ["KAFKA_HOSTS"] = Topics.Hosts,
            ["KAFKA_SOURCE_TOPICS"] = _topic,
            ["KAFKA_METADATA_REFRESH_MS"] = "500",
            ["KAFKA_CLIENT_SOCKET_TIMEOUT_MS"] = $"{SocketTimeoutMs}",
            ["PUBLISH_TIMEOUT_MS"] = "1000",
            ["HEARTBEAT_INTERVAL_MS"] = "200",
            ["JWT_SECRET_KEY"] = Token.Secret,
        });
        await node.UntilReady();
        return node;
    }
}
