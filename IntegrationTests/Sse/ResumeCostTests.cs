using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>What it costs a node to give clients what they missed. By hand: docs/performance.md has the commands.</summary>
[Explicit]
[NonParallelizable]
internal sealed class ResumeCostTests
{
    private const int Users = 2_000;
    private const int Together = 16;

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };
    private GatewayProcess _node = null!;

    [TearDown]
    public async Task Stop()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }
    }

    [OneTimeTearDown]
    public void Disconnect() => _http.Dispose();

    /// <summary>Beside clients that come without an id, in turns: the first turns warm the node up.</summary>
    [Test]
    public async Task TenMissedMessages_FromTheHistory()
    {
        const int Rounds = 24;
        const int Missed = 10;
        await Start([]);
        var ids = new string[Users];
        var (plain, resumed) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            plain.Add(await Cost(_ => "", messages: 0, ids));
            await Publish(Users * Missed, i => $$"""{"user":"user-{{i % Users}}","n":{{i}},"text":"{{new string('x', 150)}}"}""");
            var since = ids.ToArray();
            resumed.Add(await Cost(i => $"Last-Event-ID: {since[i]}\r\n", Missed, ids));
            await Say($"{plain[^1]:0} µs to connect, {resumed[^1]:0} with {Missed} messages that were missed");
        }

        var (connect, resume) = (Median(plain.Skip(Rounds / 3)), Median(resumed.Skip(Rounds / 3)));
        await Say($"{connect:0} µs to connect, {resume:0} with {Missed} messages that were missed: {resume - connect:0} more (medians of {Rounds - (Rounds / 3)})");
    }

    /// <summary>How late the messages of others are, while one client comes back with its oldest id again and again.</summary>
    [TestCase("history")]
    [TestCase("rewind")]
    public async Task OldestIdAgainAndAgain(string from)
    {
        const int Messages = 50_000;
        await Start(from == "rewind"
            ? KafkaNode.Settings(await TestKafka.Hosts(), TestTopics.NewName(), new() { ["HISTORY_MAX_BYTES"] = "0" })
            : []);
        using var first = await Open("mallory");
        var oldest = (await first.Next("phx_reply")).Id!;
        first.Dispose();
        await Publish(Messages, i => $$"""{"user":"mallory","n":{{i}},"text":"{{new string('x', 150)}}"}""");
        foreach (var header in new[] { null, "", null, $"Last-Event-ID: {oldest}\r\n", null, $"Last-Event-ID: {oldest}\r\n" })
        {
            using var enough = new CancellationTokenSource();
            var abuse = header is null ? Task.FromResult(0) : ComeAgainAndAgain(header, enough.Token);
            var before = _node.ProcessorTime;
            var late = await Latencies(TimeSpan.FromSeconds(10));
            var spent = _node.ProcessorTime - before;
            await enough.CancelAsync();
            var times = await abuse.Soon();
            var who = header switch { null => "nobody else", "" => $"one that connects {times} times", _ => $"one that comes back {times} times to the {from}" };
            await Say($"{who}: p50 {Of(late, 0.5):0.00} ms, p99 {Of(late, 0.99):0.00}, the node used {spent.TotalSeconds:0.0} s of processor time in 10 s");
        }
    }

    private static Task Say(string text) => TestContext.Progress.WriteLineAsync($"Resume: {text}.");

    private static double Median(IEnumerable<double> figures) => figures.Order().ToArray() is var sorted ? sorted[sorted.Length / 2] : 0;

    private static double Of(TimeSpan[] sorted, double part) => sorted[(int)((sorted.Length - 1) * part)].TotalMilliseconds;

    private async Task Start(Dictionary<string, string?> settings)
    {
        _node = await GatewayProcess.Start(new Dictionary<string, string>(settings.ToDictionary(setting => setting.Key, setting => setting.Value!)) { ["JWT_SECRET_KEY"] = Token.Secret });
        await Wait.Until(async () => (await _http.GetAsync(new Uri(_node.Api, "/health/ready")).Soon()).IsSuccessStatusCode, "the node is ready");
    }

    private Task<SseClient> Open(string user, string header = "") => SseClient.Open(_node.External, $"users[]={user}&token={Token.Of(user)}", header);

    /// <summary>The node's processor time for each of as many clients as there are users, which come one after the other.</summary>
    private async Task<double> Cost(Func<int, string> header, int messages, string[] ids)
    {
        var queries = Enumerable.Range(0, Users).Select(i => $"users[]=user-{i}&token={Token.Of($"user-{i}")}").ToArray();
        var clients = new SseClient[Users];
        var before = _node.ProcessorTime;
        await Parallel.ForAsync(0, Users, new ParallelOptions { MaxDegreeOfParallelism = Together }, async (i, _) =>
        {
            clients[i] = await SseClient.Open(_node.External, queries[i], header(i));
            ids[i] = (await clients[i].Next("phx_reply")).Id!;
            for (var n = 0; n < messages; n++)
            {
                ids[i] = (await clients[i].Next("message")).Id!;
            }
        });
        var spent = _node.ProcessorTime - before;
        Array.ForEach(clients, client => client.Dispose());
        await Wait.Until(async () => new MetricsPage(await _http.GetStringAsync(new Uri(_node.Api, "/metrics")).Soon()).Sum("rig_connections") == 0, "all are forgotten");
        return spent.TotalMicroseconds / Users;
    }

    private Task Publish(int count, Func<int, string> json) =>
        Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = Together }, async (i, _) => await Publish(json(i)));

    private async Task Publish(string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync(new Uri(_node.Api, "/v1/messages"), content);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
    }

    /// <summary>Returns how many times it came.</summary>
    private async Task<int> ComeAgainAndAgain(string header, CancellationToken enough)
    {
        for (var times = 0; ; times++)
        {
            if (enough.IsCancellationRequested)
            {
                return times;
            }

            using var client = await Open("mallory", header);
            await client.Next(header.Length > 0 ? 2 : 1);
        }
    }

    /// <summary>How long 500 messages a second take to 100 clients, from when each was due; sorted.</summary>
    private async Task<TimeSpan[]> Latencies(TimeSpan time)
    {
        const int Healthy = 100;
        const int PerSecond = 500;
        var late = new List<TimeSpan>();
        var count = (int)(time.TotalSeconds * PerSecond);
        var clients = new SseClient[Healthy];
        for (var i = 0; i < Healthy; i++)
        {
            clients[i] = await Open($"healthy-{i}");
            await clients[i].Next("phx_reply");
        }

        var reading = clients.Select(client => Task.Run(async () =>
        {
            for (var n = 0; n < count / Healthy; n++)
            {
                var due = JsonElement.Parse((await client.Next("message")).Data!).GetProperty("due").GetInt64();
                var took = Stopwatch.GetElapsedTime(due);
                lock (late)
                {
                    late.Add(took);
                }
            }
        })).ToArray();
        var began = Stopwatch.GetTimestamp();
        for (var n = 0; n < count; n++)
        {
            var due = began + (long)((double)n / PerSecond * Stopwatch.Frequency);
            if (Stopwatch.GetElapsedTime(due) is { Ticks: < 0 } early)
            {
                await Task.Delay(-early);
            }

            _ = Publish(string.Create(CultureInfo.InvariantCulture, $$"""{"user":"healthy-{{n % Healthy}}","due":{{due}}}"""));
        }

        await Task.WhenAll(reading).Soon();
        Array.ForEach(clients, client => client.Dispose());
        return [.. late.Order()];
    }
}
