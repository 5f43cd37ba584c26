using System.Net;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Phoenix;

namespace RigKafka.IntegrationTests.Balancers;

/// <summary>Clients of a balancer that come back whenever they are out: of Server-Sent Events, half of them over TLS and HTTP/2, and real ones of Phoenix.</summary>
internal sealed class BalancedClients : IAsyncDisposable
{
    /// <summary>One in so many Phoenix clients polls.</summary>
    private const int PollingShare = 10;

    private readonly HttpClient _plain = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };
    private readonly HttpClient _tls;
    private readonly PhoenixCrowd _crowd;
    private readonly string[] _phoenix;

    private BalancedClients(Balancer balancer, TestCertificates certificates, int streams, int phoenix)
    {
        // More streams than one connection of HTTP/2 may have.
        _tls = new HttpClient(new SocketsHttpHandler { UseProxy = false, SslOptions = certificates.Client(), EnableMultipleHttp2Connections = true })
        {
            Timeout = Limits.Hang,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        Streams = [.. Enumerable.Range(0, streams).Select(i => i % 2 == 0
            ? new ReturningClient(_plain, balancer.Clients, $"stream-{i}")
            : new ReturningClient(_tls, balancer.Tls, $"stream-{i}"))];
        _crowd = PhoenixCrowd.Start(balancer.Clients);
        _phoenix = [.. Enumerable.Range(0, phoenix).Select(i => $"phoenix-{i}")];
    }

    public IReadOnlyList<ReturningClient> Streams { get; }

    public string[] Users => [.. Streams.Select(stream => stream.User), .. _phoenix];

    /// <summary>All come, and are let in.</summary>
    public static async Task<BalancedClients> Open(Balancer balancer, TestCertificates certificates, int streams, int phoenix)
    {
        await PhoenixClientTests.Installed.Value;
        var clients = new BalancedClients(balancer, certificates, streams, phoenix);
        try
        {
            foreach (var (i, user) in clients._phoenix.Index())
            {
                await clients._crowd.Open(user, i % PollingShare == 0 ? "longpoll" : "websocket");
            }

            await Wait.Until(clients.AreIn, "all clients are in");
            return clients;
        }
        catch
        {
            await clients.DisposeAsync();
            throw;
        }
    }

    public async Task<bool> AreIn() => Streams.All(stream => stream.IsIn) && await _crowd.IsIn();

    public async Task<IReadOnlyList<ClientHistory>> Histories() => [.. Streams.Select(stream => stream.History), .. await _crowd.Histories()];

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Streams.Select(stream => stream.DisposeAsync().AsTask()));
        await _crowd.DisposeAsync();
        _plain.Dispose();
        _tls.Dispose();
    }
}
