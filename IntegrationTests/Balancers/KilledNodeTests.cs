using System.Globalization;
using NUnit.Framework;
using RigKafka.IntegrationTests.Demo;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Sse;

namespace RigKafka.IntegrationTests.Balancers;

/// <summary>A page that knows nothing of nodes: a browser's <c>EventSource</c>, a real balancer, and two nodes on a real broker.</summary>
internal sealed class KilledNodeTests
{
    private const int Messages = 1_200;

    /// <summary>How much the page has seen when its node dies.</summary>
    private const int Before = 200;

    /// <summary>200 messages a second.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(5);

    [Test]
    public async Task PageWhoseNodeIsKilledUnderTraffic_ShowsEveryMessageOnce_InOrder()
    {
        Balancer.Require("nginx");
        using var certificates = new TestCertificates();
        await using var browser = await Chromium.Start();
        using var topics = new TestTopics(await TestKafka.Hosts());
        var topic = await topics.Create(partitions: 4);
        await using var one = await Start(topics.Hosts, topic);
        await using var other = await Start(topics.Hosts, topic);
        await using var balancer = await Balancer.Start("nginx", certificates, (one.External, one.Api), (other.External, other.Api));
        await using var tab = await EventSourceTab.Open(browser, page: one.Api, balancer.Clients);
        await tab.Listen("alice");
        await tab.IsIn();
        var (its, next) = (await Metrics(one)).Sum("rig_connections", "transport=\"sse\"") == 1 ? (one, other) : (other, one);

        var writing = Task.Run(() => Write(topics, topic));
        await tab.HasMessages(Before);
        its.Kill();
        await writing;

        await tab.HasMessages(Messages);
        Assert.That(await tab.Messages(), Is.EqualTo(Enumerable.Range(0, Messages).Select(Message)));
        Assert.That((await tab.Names()).Distinct(), Is.EquivalentTo(["phx_reply", "message"]), "no gap");
        var resumed = await Metrics(next);
        Assert.That(resumed.Sum("rig_resumes_total", "outcome=\"history\""), Is.EqualTo(1));
        await TestContext.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"A page behind nginx, its node killed: {Messages} messages once and in order, {resumed.Sum("rig_resumes_messages_total")} of them sent again."));
    }

    private static async Task Write(TestTopics topics, string topic)
    {
        using var pace = new PeriodicTimer(Pace);
        var written = new List<Task>();
        for (var n = 0; n < Messages; n++)
        {
            written.Add(topics.Write(topic, partition: 2, Message(n)));
            await pace.WaitForNextTickAsync();
        }

        await Task.WhenAll(written);
    }

    private static string Message(int n) => $$"""{"user":"alice","n":{{n}}}""";

    private static async Task<MetricsPage> Metrics(GatewayProcess node)
    {
        using var http = new HttpClient { Timeout = Limits.Hang };
        return new MetricsPage(await http.GetStringAsync(new Uri(node.Api, "/metrics")).Soon());
    }

    private static async Task<GatewayProcess> Start(string hosts, string topic)
    {
        var settings = KafkaNode.Settings(hosts, topic, new() { ["JWT_SECRET_KEY"] = Token.Secret, ["SSE_RETRY_MS"] = "1000" });
        var node = await GatewayProcess.Start(settings.ToDictionary(setting => setting.Key, setting => setting.Value!));
        await node.UntilReady();
        return node;
    }
}
