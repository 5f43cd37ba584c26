using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using RigKafka.IntegrationTests.Balancers;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Chaos;

/// <summary>
/// Clients of two nodes that stay for a minute each: then a new user comes instead. Each is sent messages by POST to either node; how long those
/// took that were sent to a client which was there is kept.
/// </summary>
internal sealed class SoakClients(IReadOnlyList<GatewayProcess> nodes, int size, int perSecond) : IAsyncDisposable
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };
    private readonly ReturningClient[] _clients = new ReturningClient[size];
    private readonly ConcurrentDictionary<int, long> _sent = new();
    private readonly ConcurrentQueue<double> _latencies = new();
    private int _users;
    private int _messages;

    /// <summary>How many users have come so far.</summary>
    public int Users => _users;

    /// <summary>How many messages were sent to a client, and not heard yet.</summary>
    public int Unheard => _sent.Count;

    /// <summary>The latencies since the last time that they were taken, in milliseconds.</summary>
    public IReadOnlyList<double> TakeLatencies()
    {
        var taken = new List<double>();
        while (_latencies.TryDequeue(out var latency))
        {
            taken.Add(latency);
        }

        return taken;
    }

    public async Task Come()
    {
        await Parallel.ForAsync(0, size, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) =>
        {
            _clients[i] = New();
            await Wait.Until(() => _clients[i].IsIn, "the client is in");
        });
    }

    /// <summary>One after the other is replaced, so that each stays for a minute.</summary>
    public async Task Turn(CancellationToken stop)
    {
        using var pace = new PeriodicTimer(Life / size);
        for (var i = 0; !stop.IsCancellationRequested; i = (i + 1) % size)
        {
            await pace.WaitForNextTickAsync(CancellationToken.None);
            var former = _clients[i];
            _clients[i] = New();
            await former.DisposeAsync();
        }
    }

    public async Task Publish(CancellationToken stop)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond));
        while (!stop.IsCancellationRequested)
        {
            await pace.WaitForNextTickAsync(CancellationToken.None);
            if (_clients[Random.Shared.Next(size)] is { IsIn: true } client)
            {
                var number = _messages++;
                _sent[number] = Stopwatch.GetTimestamp();
                using var content = new StringContent($$"""{"user":"{{client.User}}","n":{{number}}}""", Encoding.UTF8, "application/json");
                using var answer = await _http.PostAsync(new Uri(nodes[number % nodes.Count].Api, "/v1/messages"), content, CancellationToken.None);
                answer.EnsureSuccessStatusCode();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients.OfType<ReturningClient>())
        {
            await client.DisposeAsync();
        }

        _http.Dispose();
    }

    private ReturningClient New()
    {
        var number = Interlocked.Increment(ref _users);
        var user = $"soak-{number}";
        return new ReturningClient(_http, nodes[number % nodes.Count].External, user, () => Token.Of(user, "user"), Hear);
    }

    private void Hear(int number)
    {
        if (_sent.TryRemove(number, out var sent))
        {
            _latencies.Enqueue(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
        }
    }
}
