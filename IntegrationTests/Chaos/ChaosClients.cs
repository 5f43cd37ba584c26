using System.Diagnostics;
using RigKafka.IntegrationTests.Balancers;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Phoenix;

namespace RigKafka.IntegrationTests.Chaos;

/// <summary>
/// The clients of a seed, on both balancers, and what they do: they vanish, read nothing for a while, go on over another transport, renew their tokens,
/// come back with new ones when the old ones have ended, and some have their session ended.
/// </summary>
internal sealed class ChaosClients : IAsyncDisposable
{
    /// <summary>One in so many is a real Phoenix client.</summary>
    private const int PhoenixShare = 10;

    /// <summary>One in so many streams has a token that ends soon.</summary>
    private const int ShortTokenShare = 10;

    private const int MostBanned = 5;

    private static readonly string[] Transports = ["websocket", "longpoll", "sse"];
    private static readonly TimeSpan ShortToken = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };
    private readonly ChaosCluster _cluster;
    private readonly Random _random;
    private readonly Action<string> _tell;
    private readonly List<ReturningClient> _streams = [];
    private readonly List<PhoenixCrowd> _crowds = [];
    private readonly string[] _phoenix;

    /// <summary>When it was answered that their session has ended.</summary>
    private readonly Dictionary<string, long> _banned = [];

    /// <summary>Those whose session may have ended.</summary>
    private readonly HashSet<string> _unclear = [];

    private volatile bool _isCalm;

    public ChaosClients(ChaosCluster cluster, int seed, int size, Action<string> tell)
    {
        (_cluster, _random, _tell) = (cluster, new Random((seed * 10) + 2), tell);
        _phoenix = [.. Enumerable.Range(0, size / PhoenixShare).Select(i => $"seed-{seed}-phoenix-{i}")];
        Prefix = $"seed-{seed}-";
        for (var i = 0; i < size - _phoenix.Length; i++)
        {
            var user = $"{Prefix}stream-{i}";
            Func<string> token = i % ShortTokenShare == 0 ? () => TokenOf(user, _isCalm ? null : DateTimeOffset.UtcNow + ShortToken) : () => TokenOf(user);
            _streams.Add(new ReturningClient(_http, cluster.Balancers[i % cluster.Balancers.Count].Clients, user, token));
        }
    }

    /// <summary>What the names of its users begin with.</summary>
    public string Prefix { get; }

    public string[] Users => [.. _streams.Select(stream => stream.User), .. _phoenix];

    /// <summary>Those who have to be online.</summary>
    public IReadOnlySet<string> Welcome => Users.Except(_banned.Keys).Except(_unclear).ToHashSet();

    /// <summary>Those of whom nobody knows whether they have to be.</summary>
    public IReadOnlySet<string> Unclear => _unclear;

    /// <summary>All come, and are let in.</summary>
    public async Task Come()
    {
        _crowds.AddRange(_cluster.Balancers.Select(balancer => PhoenixCrowd.Start(balancer.Clients)));
        foreach (var (i, user) in _phoenix.Index())
        {
            await CrowdOf(user).Open(user, Transports[i % 7 == 0 ? 1 : 0], TokenOf(user));
        }

        await Wait.Until(AreIn, "all clients are in");
    }

    /// <summary>They do what they do until they are told to stop.</summary>
    public async Task Live(CancellationToken stop)
    {
        var stalls = new List<Task>();
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(_random.Next(50, 250), CancellationToken.None);
            switch (_random.Next(6))
            {
                case 0:
                    Some(20).ForEach(client => client.Vanish());
                    break;
                case 1:
                    Some(10).ForEach(client => client.Stall(Task.Delay(_random.Next(500, 4_000), CancellationToken.None)));
                    break;
                case 2 or 3:
                    var mover = Any(_phoenix);
                    await CrowdOf(mover).Move(mover, Any(Transports));
                    break;
                case 4:
                    var renewer = Any(_phoenix);
                    await CrowdOf(renewer).Renew(renewer, TokenOf(renewer));
                    break;
                case 5 when _random.Next(4) == 0 && _banned.Count < MostBanned:
                    await Ban(Any(Users));
                    break;
            }
        }

        _isCalm = true;
    }

    /// <summary>Whether all are let in.</summary>
    public async Task<bool> AreIn()
    {
        var histories = await Histories();
        return histories.All(history => history.IsIn);
    }

    /// <summary>What those heard whose session has not been ended.</summary>
    public async Task<IReadOnlyList<ClientHistory>> WelcomeHistories() => [.. (await Histories()).Where(history => Welcome.Contains(history.User))];

    /// <summary>Waits until so much time has passed since the last session was ended.</summary>
    public async Task AreLongBanned(TimeSpan time)
    {
        foreach (var since in _banned.Values)
        {
            var left = time - Stopwatch.GetElapsedTime(since);
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    /// <summary>Those who heard the last message of their user though their session had been ended long before.</summary>
    /// <param name="last">The number of each user's last message.</param>
    public async Task<IReadOnlyList<string>> HeardThoughBanned(IReadOnlyDictionary<string, int> last) =>
        [.. (await Histories()).Where(history => _banned.ContainsKey(history.User) && history.Numbers.Contains(last[history.User])).Select(history => history.User)];

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_streams.Select(stream => stream.DisposeAsync().AsTask()));
        foreach (var crowd in _crowds)
        {
            await crowd.DisposeAsync();
        }

        _http.Dispose();
    }

    /// <summary>Those without the role are not listed as online.</summary>
    private static string TokenOf(string user, DateTimeOffset? ends = null) => ends is { } end
        ? Token.Signed($$"""{"user":"{{user}}","roles":["user"],"exp":{{end.ToUnixTimeSeconds()}},"jti":"{{Token.SessionOf(user)}}"}""")
        : Token.Of(user, "user");

    /// <summary>The session of a user is ended on some node; if that does not answer so, on the next.</summary>
    private async Task Ban(string user)
    {
        for (var tries = 0; tries < 2 * _cluster.Nodes.Count; tries++)
        {
            var node = Any(_cluster.Nodes);
            if (await node.EndSession(user))
            {
                _banned[user] = Stopwatch.GetTimestamp();
                _tell($"the session of {user} is ended at {node.Name}");
                return;
            }
        }

        // One of them may have stored it.
        _unclear.Add(user);
        _tell($"whether the session of {user} has ended is not known");
    }

    private async Task<IReadOnlyList<ClientHistory>> Histories()
    {
        var phoenix = await Task.WhenAll(_crowds.Select(crowd => crowd.Histories()));
        return [.. _streams.Select(stream => stream.History), .. phoenix.SelectMany(histories => histories)];
    }

    private PhoenixCrowd CrowdOf(string user) => _crowds[(user[^1] - '0') % _crowds.Count];

    private List<ReturningClient> Some(int most) => [.. Enumerable.Range(0, _random.Next(1, most)).Select(_ => Any(_streams))];

    private T Any<T>(IReadOnlyList<T> all) => all[_random.Next(all.Count)];
}
