using System.Globalization;
using System.Net;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Phoenix;

namespace RigKafka.IntegrationTests.Balancers;

/// <summary>
/// What docs/operations/balancers.md says of each balancer: the nodes behind it are started anew, one after the other, and nobody notices.
/// </summary>
[NonParallelizable]
[Explicit("Until it has been seen often enough that no POST is refused: see the page.")]
internal sealed class RollingUpdateTests
{
    private const int PerSecond = 300;

    private static readonly int Clients = LongerRun.Number("RIG_ROLL_CLIENTS", 500);
    private static readonly int Rounds = LongerRun.Number("RIG_ROLL_ROUNDS", 1);

    private readonly TestCertificates _certificates = new();

    [OneTimeSetUp]
    public Task Install() => PhoenixClientTests.Installed.Value;

    [OneTimeTearDown]
    public void Dispose() => _certificates.Dispose();

    [TestCaseSource(typeof(Balancer), nameof(Balancer.Names))]
    public async Task NodesThatStopAndStartAgain_OneAfterTheOther_LoseNothing_AndRefuseNoPost(string program)
    {
        Balancer.Require(program);
        var topic = TestTopics.NewName();
        var hosts = await TestKafka.Hosts();
        GatewayProcess[] nodes = [await Start(hosts, topic), await Start(hosts, topic)];
        var clients = new List<ReturningClient>();
        try
        {
            await using var balancer = await Balancer.Start(program, _certificates, nodes);
            using var plain = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };
            // More streams than one connection of HTTP/2 may have.
            using var tls = new HttpClient(new SocketsHttpHandler { UseProxy = false, SslOptions = _certificates.Client(), EnableMultipleHttp2Connections = true })
            {
                Timeout = Limits.Hang,
                DefaultRequestVersion = HttpVersion.Version20,
                DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            clients.AddRange(Enumerable.Range(0, Clients).Select(i => i % 2 == 0
                ? new ReturningClient(plain, balancer.Clients, $"rolled-{i}")
                : new ReturningClient(tls, balancer.Tls, $"rolled-{i}")));
            await using var socket = await PhoenixTunnel.Open(PhoenixClientTests.Versions[^1], "websocket", balancer.Clients, balancer.Api);
            await using var poller = await PhoenixTunnel.Open(PhoenixClientTests.Versions[^1], "longpoll", balancer.Clients, balancer.Api);
            await Wait.Until(() => clients.All(client => client.IsIn), "all clients are in");
            using var enough = new CancellationTokenSource();
            var backEnds = new BackEnds(balancer.Api, [.. clients.Select(client => client.User)], PerSecond);
            var publishing = backEnds.Run(enough.Token);

            for (var i = 0; i < nodes.Length * Rounds; i++)
            {
                nodes[i % nodes.Length].Terminate();
                Assert.That(await nodes[i % nodes.Length].Exit(), Is.Zero);
                nodes[i % nodes.Length] = await Again(hosts, topic, nodes[i % nodes.Length]);
                await socket.Hears(5);
                await poller.Hears(5);
            }

            await enough.CancelAsync();
            await publishing.Soon();
            await Wait.Until(() => clients.Zip(backEnds.Published).All(user => user.First.Heard >= user.Second), "all have what was sent to them");
            await socket.HasMissedNothing();
            await poller.HasMissedNothing();
            Assert.That(clients.Count(client => !client.IsIn), Is.Zero, "nobody is left out");
            await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));
            var streams = clients.Sum(client => client.Streams);
            await TestContext.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"Behind {program}: {Clients} clients, {backEnds.Published.Sum()} messages, {nodes.Length * Rounds} restarts, {streams - Clients} clients came back; POSTs other than 202: {backEnds.Refusals.Values.Sum()}."));
            Assert.That(backEnds.Refusals, Is.Empty);
            Assert.That(clients.SelectMany(client => client.Troubles), Is.Empty);
            Assert.That(clients.Zip(backEnds.Published).Where(user => !user.First.Numbers.SequenceEqual(Enumerable.Range(0, user.Second))).Select(user => user.First.User), Is.Empty);
            Assert.That(streams, Is.GreaterThanOrEqualTo(2 * Clients), "each was on a node that stopped");
        }
        finally
        {
            await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));
            await Task.WhenAll(nodes.Select(node => node.DisposeAsync().AsTask()));
        }
    }

    private static async Task<GatewayProcess> Start(string hosts, string topic, Dictionary<string, string?>? ports = null)
    {
        var node = await GatewayProcess.Start(KafkaNode.Settings(hosts, topic, new(ports ?? [])
        {
            ["JWT_SECRET_KEY"] = Token.Secret,
            ["TRUSTED_PROXIES"] = "127.0.0.1",
            // As the page says.
            ["SHUTDOWN_DELAY_MS"] = "5000",
            ["SHUTDOWN_TIMEOUT_MS"] = "15000",
        }).ToDictionary(setting => setting.Key, setting => setting.Value!));
        await node.UntilReady();
        return node;
    }

    /// <summary>Starts one where another was.</summary>
    private static async Task<GatewayProcess> Again(string hosts, string topic, GatewayProcess before)
    {
        await before.DisposeAsync();
        return await Start(hosts, topic, new() { ["INBOUND_PORT"] = $"{before.External.Port}", ["API_PORT"] = $"{before.Api.Port}" });
    }
}
