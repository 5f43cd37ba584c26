using System.Text.Json;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Monitoring;

/// <summary>Two nodes that are well, under traffic, and one for each fault.</summary>
internal sealed class EachFault : KafkaFaults
{
    private const string Alice = "users[]=alice&token=";

    private readonly TestCertificates _certificates = new();
    private readonly TestCertificates _expiring = new();
    private readonly TestCertificates _expired = new();

    private static string Mine => Alice + Token.Of("alice");

    public static async Task<EachFault> Start()
    {
        var faults = new EachFault();
        try
        {
            await faults.StartBrokers();
            await faults.Run(
                nodes: 20, faults.TwoThatAreWell, faults.NodeIsKilled, faults.NoKafkaAtStart, faults.BrokerHangs, faults.MessagesAreStoredLate, faults.OpenTransaction,
                faults.TopicMadeAnew, faults.BadRecord, faults.BadTableRecord, faults.LateRecords, faults.NodeIsFull, faults.TooManyAtOnce, faults.TooManyTcpConnections,
                faults.SlowClient, faults.ClientOfAnotherLog, faults.IssuerIsDown, faults.ServiceIsDown, faults.CertificateExpires, faults.CertificateExpired);
            return faults;
        }
        catch
        {
            await faults.DisposeAsync();
            throw;
        }
    }

    protected override async Task Clean()
    {
        await base.Clean();
        _certificates.Dispose();
        _expiring.Dispose();
        _expired.Dispose();
    }

    /// <summary>Streams, messages, proxied calls, and clients that come back: to one by its memory, to the other by Kafka.</summary>
    private async Task TwoThatAreWell()
    {
        _certificates.Renew(validFor: 30);
        await using var service = await Service.Start(_ => Task.CompletedTask);
        var (topic, settings) = (await Topics.Create(partitions: 2), new Dictionary<string, string?>(_certificates.Settings) { ["PROXY_CONFIG_FILE"] = Api(service.Port) });
        await using var one = await KafkaNode.Start(Topics.Hosts, topic, settings);
        await using var other = await KafkaNode.Start(Topics.Hosts, topic, new(settings) { ["HISTORY_MAX_BYTES"] = "0" });
        using var stream = await one.Listen("alice");
        using var another = await other.Listen("alice");
        await Task.WhenAll(IsWatched("well-1", one), IsWatched("well-2", other));
        await one.Publish("""{"user":"alice"}""");
        var id = (await stream.Next("message")).Id!;
        await Again(async () =>
        {
            foreach (var node in new[] { one, other })
            {
                await node.Publish("""{"user":"alice"}""");
                await Call(node);
                using var back = await SseClient.Open(node.External, $"{Mine}&lastEventId={id}");
                await back.Next("phx_reply");
                await back.Next("message");
            }
        });
    }

    private async Task NodeIsKilled()
    {
        await using var node = await GatewayProcess.Start(new Dictionary<string, string> { ["JWT_SECRET_KEY"] = Token.Secret });
        await IsWatched("killed", node.Api);
        node.Kill();
        await UntilOver();
    }

    private async Task NodeIsFull()
    {
        await using var node = await GatewayNode.Start(new() { ["MAX_CONNECTIONS"] = "10" });
        await IsWatched("full", node);
        var streams = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => node.Listen("alice")));
        await UntilOver();
        Array.ForEach(streams, stream => stream.Dispose());
    }

    private async Task TooManyAtOnce()
    {
        await using var node = await GatewayNode.Start(new() { ["CONNECTS_PER_SECOND"] = "1" });
        await IsWatched("too-many-at-once", node);
        await Again(() => TryListen(node, Mine));
    }

    private async Task TooManyTcpConnections()
    {
        await using var node = await GatewayNode.Start(new() { ["MAX_TCP_CONNECTIONS"] = "20" });
        await IsWatched("too-many-tcp", node);
        var idle = new List<RawConnection>();
        await Again(async () => idle.Add(await RawConnection.Open(node.External)), everyMs: 50);
        idle.ForEach(connection => connection.Dispose());
    }

    private async Task SlowClient()
    {
        var json = $$"""{"user":"alice","pad":"{{new string('x', 500_000)}}"}""";
        await using var node = await GatewayNode.Start();
        await IsWatched("slow-client", node);
        await Again(async () =>
        {
            using var client = await RawConnection.Open(node.External, receiveBuffer: 4096);
            await client.Ask("GET", $"/socket/sse?{Mine}");
            await Wait.Until(() => node.Registry.Open == 1, "it is there");
            while (node.Registry.Open == 1)
            {
                await node.Publish(json);
            }
        });
    }

    private async Task ClientOfAnotherLog()
    {
        await using var node = await GatewayNode.Start();
        await using var another = await GatewayNode.Start();
        using var position = await another.GetApi("/v1/position");
        var id = JsonElement.Parse(await position.Content.ReadAsStringAsync().Soon()).GetProperty("id").GetString();
        await IsWatched("client-of-another-log", node);
        await Again(() => TryListen(node, $"{Mine}&lastEventId={id}"));
    }

    private async Task IssuerIsDown()
    {
        await using var issuer = await JwksServer.Start(null);
        await using var node = await GatewayNode.Start(new() { ["JWT_SECRET_KEY"] = null, ["JWT_JWKS_URL"] = issuer.Url });
        await IsWatched("issuer-down", node);
        var token = Jws.Sign("""{"user":"alice","roles":[],"exp":4102444800,"jti":"s1"}""", "RS256", TestKeys.Rsa, "first");
        await Again(() => TryListen(node, Alice + token));
    }

    private async Task ServiceIsDown()
    {
        await using var node = await GatewayNode.Start(new() { ["PROXY_CONFIG_FILE"] = Api(port: 1) });
        await IsWatched("service-down", node);
        await Again(() => Call(node), everyMs: 100);
    }

    private Task CertificateExpires() => WithCertificate("certificate-expires", _expiring, validFor: 5);

    private Task CertificateExpired() => WithCertificate("certificate-expired", _expired, validFor: -1);

    private async Task WithCertificate(string name, TestCertificates certificates, double validFor)
    {
        certificates.Renew(validFor);
        await using var node = await GatewayNode.Start(certificates.Settings);
        await IsWatched(name, node);
        await UntilOver();
    }
}
