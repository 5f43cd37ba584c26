using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Chaos;

/// <summary>A place for a node: its ports, and the networks between it, the balancers and the brokers. One process after the other is there.</summary>
internal sealed class ChaosNode : IAsyncDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };

    private readonly int[] _ports = KafkaCluster.FreePorts(2);
    private readonly Relay _clients;
    private readonly Relay _api;
    private GatewayProcess? _process;
    private List<string> _former = [];

    public ChaosNode(string name, int brokers)
    {
        (Name, Brokers) = (name, [.. Enumerable.Range(0, brokers).Select(_ => Relay.To(new Uri("http://127.0.0.1:1")))]);
        (_clients, _api) = (Relay.To(new Uri($"http://127.0.0.1:{_ports[0]}")), Relay.To(new Uri($"http://127.0.0.1:{_ports[1]}")));
    }

    public string Name { get; }

    /// <summary>Between the node and each broker.</summary>
    public IReadOnlyList<Relay> Brokers { get; }

    /// <summary>Between the balancers and the node.</summary>
    public IReadOnlyList<Relay> Balancers => [_clients, _api];

    /// <summary>Where the balancers find it.</summary>
    public (Uri External, Uri Api) Address => (_clients.Address, _api.Address);

    /// <summary>Its own port for operators.</summary>
    public Uri Api => new($"http://127.0.0.1:{_ports[1]}");

    /// <summary>What those that were there have said.</summary>
    public IEnumerable<string> Log => _former.Concat(_process?.Output ?? []).Concat(_process?.Error ?? []);

    /// <param name="topics">The source topics; it writes to the first.</param>
    public async Task Start(IReadOnlyList<string> topics)
    {
        var settings = KafkaNode.Settings(string.Join(',', Brokers.Select(broker => broker.Address.Authority)), topics[0], new()
        {
            ["INBOUND_PORT"] = $"{_ports[0]}",
            ["API_PORT"] = $"{_ports[1]}",
            ["JWT_SECRET_KEY"] = Token.Secret,
            ["TRUSTED_PROXIES"] = "127.0.0.1",
            ["KAFKA_METADATA_REFRESH_MS"] = "2000",
            ["KAFKA_REPLICATION_FACTOR"] = "3",
            ["SHUTDOWN_DELAY_MS"] = "2000",
            ["DRAIN_MS"] = "2000",
            ["SHUTDOWN_TIMEOUT_MS"] = "8000",
            ["HEARTBEAT_INTERVAL_MS"] = "2000",
            ["SSE_RETRY_MS"] = "500",
        });
        settings["KAFKA_SOURCE_TOPICS"] = string.Join(',', topics);
        _process = await GatewayProcess.Start(settings.ToDictionary(setting => setting.Key, setting => setting.Value!));
    }

    public Task UntilReady() => _process!.UntilReady();

    /// <summary>Ends it: in good order, or not.</summary>
    public async Task End(bool isKilled)
    {
        if (isKilled)
        {
            _process!.Kill();
        }
        else
        {
            _process!.Terminate();
        }

        var code = await _process.Exit();
        Assert.That(isKilled ? 0 : code, Is.Zero, () => string.Join('\n', Log));
        _former = [.. Log];
        await _process.DisposeAsync();
        _process = null;
    }

    public void Pause() => _process!.Pause();

    public void Resume() => _process!.Resume();

    /// <summary>The users that are connected to any node, as this one knows.</summary>
    public async Task<IReadOnlySet<string>> Users()
    {
        var users = JsonElement.Parse(await Http.GetStringAsync(new Uri(Api, "/v1/users")).Soon());
        return users.EnumerateArray().Select(user => user.GetString()!).ToHashSet();
    }

    /// <summary>Blacklists the session of a user.</summary>
    public async Task<bool> EndSession(string user)
    {
        try
        {
            using var answer = await Http.DeleteAsync(new Uri(Api, $"/v1/users/{user}/sessions/{Uri.EscapeDataString(Token.SessionOf(user))}")).Soon();
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        foreach (var relay in Brokers.Concat(Balancers))
        {
            relay.Dispose();
        }
    }
}
