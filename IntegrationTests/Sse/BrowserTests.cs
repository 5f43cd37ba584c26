using NUnit.Framework;
using RigKafka.IntegrationTests.Demo;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>A browser's <c>EventSource</c> that is refused for the moment, for each reason that there is: it comes back by itself, and gets in.</summary>
internal sealed class BrowserTests
{
    /// <summary>It comes back within six seconds, so that a test need not wait long.</summary>
    private const string SoonAgain = "0";

    private Chromium _browser = null!;

    [OneTimeSetUp]
    public async Task StartTheBrowser() => _browser = await Chromium.Start();

    [OneTimeTearDown]
    public async Task EndTheBrowser()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }
    }

    [TestCase("MAX_CONNECTIONS", "max_connections")]
    [TestCase("MAX_CONNECTIONS_PER_USER", "user_connections")]
    public async Task NoRoom_ComesBack_OnceThereIs(string setting, string reason)
    {
        await using var node = await Start((setting, "1"));
        var first = await node.Listen("alice");
        await using var tab = await EventSourceTab.Open(_browser, node);
        await tab.Listen("alice");
        await tab.IsClosed(reason);

        first.Dispose();

        await tab.IsIn();
    }

    [Test]
    public async Task StatusThatIsKept_EndsItForGood()
    {
        await using var node = await Start(("MAX_CONNECTIONS", "1"), ("SSE_REFUSE_WITH_STATUS", "true"));
        using var first = await node.Listen("alice");
        await using var tab = await EventSourceTab.Open(_browser, node);
        await tab.Listen("alice");

        Assert.That(await tab.Outcome(), Is.EqualTo(EventSourceTab.Over));
    }

    [TestCase("CONNECTS_PER_SECOND", "connect_rate")]
    [TestCase("CONNECTS_PER_SECOND_PER_ADDRESS", "address_rate")]
    public async Task TooManyAtOnce_ComesBack_OnceItIsQuiet(string setting, string reason)
    {
        await using var node = await Start((setting, "1"));
        await using var tab = await EventSourceTab.Open(_browser, node);
        using (var quiet = new CancellationTokenSource())
        {
            var crowd = Crowd(node, quiet.Token);
            do
            {
                await tab.Listen("alice");
            }
            while (await tab.Outcome() != "closing");

            await tab.IsClosed(reason);
            await quiet.CancelAsync();
            await crowd.Soon();
        }

        await tab.IsIn();
    }

    [Test]
    public async Task NodeThatStops_ComesBackToTheNextOne()
    {
        await using var stopping = new Stopping(await Start(("OUTBOX_MAX_BYTES", "67108864"), ("SHUTDOWN_TIMEOUT_MS", "8000")));
        await stopping.IsHeldUp();
        await using var tab = await EventSourceTab.Open(_browser, stopping.Node);
        stopping.Stop();
        await stopping.Node.Log.First("Stopping");
        await tab.Listen("alice");
        await tab.IsClosed("shutdown");

        await stopping.HasStopped();
        await using var next = await Start(("INBOUND_PORT", $"{stopping.Node.External.Port}"));

        await tab.IsIn();
    }

    [Test]
    public async Task KeysOutOfReach_ComesBack_OnceTheyAreThere()
    {
        await using var issuer = await JwksServer.Start(null);
        await using var node = await Start(("JWT_SECRET_KEY", null), ("JWT_JWKS_URL", issuer.Url));
        await using var tab = await EventSourceTab.Open(_browser, node);
        await tab.Listen("alice", Jws.Sign("""{"user":"alice","roles":[],"exp":4102444800,"jti":"1"}""", "RS256", TestKeys.Rsa, "first"));
        await tab.IsClosed("keys_unavailable");

        issuer.Answer = Jwk.Set(Jwk.Of("first", TestKeys.Rsa));

        await tab.IsIn();
    }

    /// <summary>What was seen: a node starts again while Kafka is out of reach.</summary>
    [Test]
    public async Task BlacklistUnread_ComesBack_OnceKafkaIsThere_AndStillNamesItsLastEvent()
    {
        await using var cluster = await TestKafka.StartCluster();
        var topic = TestTopics.NewName();
        var settings = new Dictionary<string, string?> { ["SSE_RETRY_MS"] = SoonAgain, ["INBOUND_PORT"] = "0" };
        var first = await KafkaNode.Start(cluster.Hosts, topic, settings);
        await using var tab = await EventSourceTab.Open(_browser, first);
        await tab.Listen("alice");
        await tab.IsIn();
        settings["INBOUND_PORT"] = $"{first.External.Port}";
        await first.DisposeAsync();
        await cluster.Brokers[0].Kill();
        await tab.Forget();

        await using var second = await KafkaNode.Start(cluster.Hosts, topic, settings, waitUntilReady: false);
        await tab.IsClosed("blacklist_unread");
        await tab.Forget();
        cluster.Brokers[0].Start();

        await tab.IsIn();
        using var http = new HttpClient { Timeout = Limits.Hang };
        Assert.That(
            await http.GetStringAsync(new Uri(second.Api, "/metrics")).Soon(),
            Does.Match("""rig_resumes_total\{[^}]*outcome="live"[^}]*\} 1"""),
            "it named the last event that it had before it was refused");
    }

    [Test]
    public async Task LogUnread_ComesBack_OnceTheSourceTopicIsThere()
    {
        var hosts = await TestKafka.Hosts();
        using var topics = new TestTopics(hosts);
        var topic = TestTopics.NewName();
        // The tables are there, and the source topic cannot be created.
        foreach (var table in KafkaNode.Settings(hosts, topic).Where(setting => setting.Key is "KAFKA_BLACKLIST_TOPIC" or "KAFKA_APIS_TOPIC" or "KAFKA_PRESENCE_TOPIC"))
        {
            await topics.Create(partitions: 1, table.Value, new() { ["cleanup.policy"] = "compact" });
        }

        await using var node = await KafkaNode.Start(hosts, topic, new() { ["SSE_RETRY_MS"] = SoonAgain, ["KAFKA_REPLICATION_FACTOR"] = "999" }, waitUntilReady: false);
        await Wait.Until(async () => await (await node.GetApi("/health/ready")).Content.ReadAsStringAsync() is var health && health.Contains("\"blacklist\":{\"status\":\"ready\"", StringComparison.Ordinal), "the blacklist was read");
        await using var tab = await EventSourceTab.Open(_browser, node);
        await tab.Listen("alice");
        await tab.IsClosed("log_unread");

        await topics.Create(partitions: 1, topic);

        await tab.IsIn();
    }

    private static Task<GatewayNode> Start(params (string Name, string? Value)[] settings) =>
        GatewayNode.Start(new Dictionary<string, string?>(settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value))) { ["SSE_RETRY_MS"] = SoonAgain });

    /// <summary>Takes every place there is, for as long as it is not told to be quiet.</summary>
    private static async Task Crowd(GatewayNode node, CancellationToken quiet)
    {
        using var connection = await RawConnection.Open(node.External);
        while (!quiet.IsCancellationRequested)
        {
            await connection.ReadBody(await connection.Ask("GET", "/socket/sse?users[]=mallory&token=rubbish")).Soon();
        }
    }

    /// <summary>A node that is told to stop, and is held up by a client that takes nothing.</summary>
    private sealed class Stopping(GatewayNode node) : IAsyncDisposable
    {
        private RawConnection? _stalled;
        private Task? _stopped;

        public GatewayNode Node => node;

        public async Task IsHeldUp()
        {
            _stalled = await RawConnection.Open(node.External, receiveBuffer: 4096);
            Assert.That((await _stalled.Ask("GET", $"/socket/sse?users[]=stalled&token={Token.Of("stalled")}")).Status, Is.EqualTo(200));
            for (var i = 0; i < 20; i++)
            {
                await node.Publish($$"""{"user":"stalled","pad":"{{new string('x', 900_000)}}"}""");
            }
        }

        public void Stop() => _stopped ??= node.DisposeAsync().AsTask();

        public Task HasStopped() => _stopped!.Soon();

        public async ValueTask DisposeAsync()
        {
            Stop();
            await HasStopped();
            _stalled?.Dispose();
        }
    }
}
