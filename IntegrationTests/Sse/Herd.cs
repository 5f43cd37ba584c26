using System.Diagnostics;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>
/// Many clients of one node, each a user of its own, that leave together and come back together, and back-ends that write for them meanwhile.
/// </summary>
internal sealed class Herd(Uri external, Uri api, int size) : IDisposable
{
    private const int PerSecond = 500;
    private const int Together = 64;

    private static readonly TimeSpan Return = TimeSpan.FromSeconds(2);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };
    private readonly string[] _queries = [.. Enumerable.Range(0, size).Select(i => $"users[]={User(i)}&token={Token.Of(User(i))}")];
    private readonly SseClient?[] _clients = new SseClient?[size];
    private readonly string[] _ids = new string[size];
    private readonly List<int>[] _numbers = [.. Enumerable.Range(0, size).Select(_ => new List<int>())];
    private readonly BackEnds _backEnds = new(api, [.. Enumerable.Range(0, size).Select(User)], PerSecond);
    private int[] _missed = [];
    private CancellationTokenSource _enough = new();
    private Task _publishing = Task.CompletedTask;

    /// <summary>How many messages were written.</summary>
    public int Published => _backEnds.Published.Sum();

    /// <summary>All come for the first time.</summary>
    public async Task Connect()
    {
        await Wait.Until(async () => (await _http.GetAsync(new Uri(api, "/health/ready")).Soon()).IsSuccessStatusCode, "the node is ready");
        await Parallel.ForAsync(0, size, new ParallelOptions { MaxDegreeOfParallelism = Together }, async (i, _) =>
        {
            var client = _clients[i] = await SseClient.Open(external, _queries[i]);
            _ids[i] = (await client.Next("phx_reply")).Id!;
        });
    }

    /// <summary>All leave, and the node has noticed it.</summary>
    public async Task Leave()
    {
        Array.ForEach(_clients, client => client?.Dispose());
        await Wait.Until(async () => (await Metrics()).Sum("rig_connections") == 0, "all are forgotten");
    }

    /// <summary>Writes for a while for random ones of them, and then goes on.</summary>
    public async Task BeWrittenTo(TimeSpan time)
    {
        _enough.Dispose();
        _enough = new CancellationTokenSource();
        _publishing = _backEnds.Run(_enough.Token);
        await Task.Delay(time);
    }

    /// <summary>All come back within two seconds. Gives the time until all of them had what was written before, and were live.</summary>
    public async Task<TimeSpan> ComeBack()
    {
        _missed = [.. _backEnds.Published];
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, size).Select(ComeBack));
        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>
    /// No more is written. Everybody has to have what was written for them, once and in order, and nothing else. So the id of the node is
    /// the one that a heartbeat would give to each of them.
    /// </summary>
    public async Task HasEverything()
    {
        await _enough.CancelAsync();
        await _publishing.Soon();
        Assert.That(_backEnds.Refusals, Is.Empty);
        for (var i = 0; i < size; i++)
        {
            await HearUntil(i, _backEnds.Published[i]);
            Assert.That(_numbers[i], Is.EqualTo(Enumerable.Range(0, _backEnds.Published[i])), User(i));
            Assert.That(_clients[i]!.HasMore, Is.False, User(i));
        }

        var position = await _http.GetStringAsync(new Uri(api, "/v1/position")).Soon();
        Array.Fill(_ids, JsonElement.Parse(position).GetProperty("id").GetString()!);
    }

    public async Task<MetricsPage> Metrics() => new(await _http.GetStringAsync(new Uri(api, "/metrics")).Soon());

    public void Dispose()
    {
        _enough.Cancel();
        _enough.Dispose();
        Array.ForEach(_clients, client => client?.Dispose());
        _http.Dispose();
    }

    private static string User(int i) => $"herd-{i}";

    private async Task ComeBack(int i)
    {
        await Task.Delay(Return * ((double)i / size));
        var client = _clients[i] = await SseClient.Open(external, _queries[i], $"Last-Event-ID: {_ids[i]}\r\n");
        Assert.That((await client.Next("phx_reply")).Id, Is.EqualTo(_ids[i]));
        await HearUntil(i, _missed[i]);
    }

    private async Task HearUntil(int i, int count)
    {
        while (_numbers[i].Count < count)
        {
            _numbers[i].Add(JsonElement.Parse((await _clients[i]!.Next("message")).Data!).GetProperty("n").GetInt32());
        }
    }
}
