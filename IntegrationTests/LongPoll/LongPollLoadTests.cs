using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.LongPoll;

/// <summary>
/// Many pollers, each a user of their own, at a steady rate of messages: nothing is lost, and what it costs is said. Smaller here than docs/performance.md
/// has it; there is the command for the whole.
/// </summary>
[NonParallelizable]
internal sealed class LongPollLoadTests
{
    private static readonly int Pollers = Parameter("pollers", "200");
    private static readonly int PerSecond = Parameter("rate", "200");
    private static readonly int Seconds = Parameter("seconds", "2");

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = int.MaxValue }) { Timeout = Limits.Hang };
    private readonly ConcurrentDictionary<int, long> _published = new();
    private readonly ConcurrentBag<double> _latencies = [];
    private int _heard;

    [OneTimeTearDown]
    public void DisposeOfTheClient() => _http.Dispose();

    [Test]
    public async Task ManyPollers_GetTheirMessages_EachOnceAndInOrder()
    {
        await using var node = await GatewayProcess.Start(new Dictionary<string, string> { ["JWT_SECRET_KEY"] = Token.Secret });
        using var stop = new CancellationTokenSource();
        var pollers = new List<Poller>();
        foreach (var some in Enumerable.Range(0, Pollers).Chunk(50))
        {
            pollers.AddRange(await Task.WhenAll(some.Select(i => Poller.Join(_http, node.External, $"poller-{i}"))));
        }

        var polling = pollers.ConvertAll(poller => Task.Run(() => poller.Run(Hear, stop.Token)));
        var (processor, watch) = (node.ProcessorTime, Stopwatch.StartNew());
        var total = PerSecond * Seconds;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(publisher => Task.Run(() => Publish(node.Api, publisher, total))));
        await Wait.Until(() => Volatile.Read(ref _heard) >= total, "everything is heard");
        var (spent, took) = (node.ProcessorTime - processor, watch.Elapsed);
        await stop.CancelAsync();
        await Task.WhenAll(polling).Soon();

        var latencies = _latencies.Order().ToArray();
        await TestContext.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"Long polling: {Pollers} pollers, {total} messages in {took.TotalSeconds:0.0} s; {_heard} heard; {spent.TotalMicroseconds / total:0} µs of the gateway's processor time for each, publishing and the polls included; p50 {latencies[latencies.Length / 2]:0.0} ms, p99 {latencies[latencies.Length * 99 / 100]:0.0} ms."));
        Assert.That(_heard, Is.EqualTo(total));
        foreach (var poller in pollers)
        {
            Assert.That(poller.Heard, Is.EqualTo(Enumerable.Range(0, total).Where(n => n % Pollers == poller.Number)), poller.User);
        }
    }

    private static int Parameter(string name, string usual) => int.Parse(TestContext.Parameters.Get(name, usual), CultureInfo.InvariantCulture);

    /// <summary>One of four who take turns, each at its part of the rate; a user's messages all come from one.</summary>
    private async Task Publish(Uri api, int publisher, int total)
    {
        var began = Stopwatch.GetTimestamp();
        for (var n = 0; n < total; n++)
        {
            if (n % Pollers % 4 != publisher)
            {
                continue;
            }

            var early = TimeSpan.FromSeconds((double)n / PerSecond) - Stopwatch.GetElapsedTime(began);
            if (early > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(early);
            }

            _published[n] = Stopwatch.GetTimestamp();
            using var content = new StringContent($$"""{"user":"poller-{{n % Pollers}}","n":{{n}}}""", Encoding.UTF8, "application/json");
            using var answer = await _http.PostAsync(new Uri(api, "/v1/messages"), content).Soon();
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        }
    }

    private void Hear(int n)
    {
        _latencies.Add(Stopwatch.GetElapsedTime(_published[n]).TotalMilliseconds);
        Interlocked.Increment(ref _heard);
    }

    private sealed class Poller(HttpClient http, Uri session, string user)
    {
        public string User => user;

        public int Number { get; } = int.Parse(user.Split('-')[1], CultureInfo.InvariantCulture);

        public List<int> Heard { get; } = [];

        public static async Task<Poller> Join(HttpClient http, Uri server, string user)
        {
            using var opened = JsonDocument.Parse(await http.GetStringAsync(new Uri(server, $"/socket/longpoll?vsn=2.0.0&token={Token.Of(user)}")).Soon());
            var session = new Uri(server, $"/socket/longpoll?vsn=2.0.0&token={opened.RootElement.GetProperty("token").GetString()}");
            using var join = new StringContent($$"""["1","1","user:{{user}}","phx_join",{}]""");
            using var answer = await http.PostAsync(session, join).Soon();
            Assert.That(await answer.Content.ReadAsStringAsync().Soon(), Is.EqualTo("""{"status":200}"""));
            return new Poller(http, session, user);
        }

        public async Task Run(Action<int> hear, CancellationToken stop)
        {
            try
            {
                while (true)
                {
                    using var polled = JsonDocument.Parse(await http.GetStringAsync(session, stop));
                    foreach (var message in polled.RootElement.GetProperty("messages").EnumerateArray())
                    {
                        using var frame = JsonDocument.Parse(message.GetString()!);
                        if (frame.RootElement[3].GetString() == "message")
                        {
                            var n = frame.RootElement[4].GetProperty("n").GetInt32();
                            Heard.Add(n);
                            hear(n);
                        }
                    }
                }
            }
            catch (OperationCanceledException)
            {
            }
        }
    }
}
