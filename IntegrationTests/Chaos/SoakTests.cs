using System.Globalization;
using System.Net;
using System.Text;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Phoenix;

namespace RigKafka.IntegrationTests.Chaos;

/// <summary>Two nodes for half an hour, while everything changes: what they take in the last third is beside what they took in the first.</summary>
[NonParallelizable]
[Explicit("Half an hour: RIG_SOAK_MINUTES, RIG_SOAK_CLIENTS.")]
internal sealed class SoakTests
{
    private const int PerSecond = 300;
    private const int Phoenix = 100;
    private const double SteadyShare = 0.05;
    private const double SlowerShare = 0.2;

    private static readonly TimeSpan Time = TimeSpan.FromMinutes(LongerRun.Number("RIG_SOAK_MINUTES", 30));

    /// <summary>Until the compiler has compiled what runs often, and the collector has found how much memory it needs.</summary>
    private static readonly TimeSpan WarmUp = Time / 3;
    private static readonly int Clients = LongerRun.Number("RIG_SOAK_CLIENTS", 5_000);
    private static readonly TimeSpan BetweenSamples = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };

    [OneTimeTearDown]
    public void Dispose() => _http.Dispose();

    [Test]
    public async Task HalfAnHour_TakesNoMoreInTheEndThanAtTheBeginning()
    {
        await PhoenixClientTests.Installed.Value;
        using var topics = new TestTopics(await TestKafka.Hosts());
        var topic = await topics.Create(partitions: 4);
        GatewayProcess[] nodes = [await Start(topics.Hosts, topic), await Start(topics.Hosts, topic)];
        try
        {
            await using var clients = new SoakClients(nodes, Clients, PerSecond);
            await using var crowd = PhoenixCrowd.Start(nodes[0].External);
            for (var i = 0; i < Phoenix; i++)
            {
                await crowd.Open(PhoenixUser(i), i % 10 == 0 ? "longpoll" : "websocket");
            }

            await clients.Come();
            using var stop = new CancellationTokenSource(WarmUp + Time);
            var going = Task.WhenAll(Task.Run(() => clients.Turn(stop.Token)), Task.Run(() => clients.Publish(stop.Token)), Task.Run(() => Renew(crowd, stop.Token)), Task.Run(() => Define(nodes, stop.Token)));
            var samples = new List<Sample>();
            await TestContext.Progress.WriteLineAsync("minute | resident MB | files | threads | p50 ms | p99 ms | users");
            while (!stop.IsCancellationRequested)
            {
                await Task.WhenAny(Task.Delay(BetweenSamples), going);
                Assert.That(going.IsFaulted, Is.False, () => $"{going.Exception}");
                samples.Add(Sample.Of(nodes, clients.TakeLatencies()));
                if (samples.Count % 12 == 0)
                {
                    await TestContext.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{samples.Count / 6,6} | {Sample.Average(samples[^12..])} | {clients.Users}"));
                }
            }

            await going.Soon();
            // The warm-up is as long as a third.
            var third = samples.Count / 4;
            var (first, last) = (Sample.Average(samples[third..(2 * third)]), Sample.Average(samples[^third..]));
            await TestContext.Progress.WriteLineAsync($"first third: {first}\nlast third: {last}\nnot heard: {clients.Unheard} of those sent to clients that may have left");
            Assert.That(samples.Select(sample => sample.Latencies.Count), Has.All.GreaterThan(0), "messages are heard all the time");
            Assert.That(last.ResidentBytes, Is.LessThanOrEqualTo((1 + SteadyShare) * first.ResidentBytes));
            Assert.That(last.Files, Is.LessThanOrEqualTo((1 + SteadyShare) * first.Files));
            Assert.That(last.Threads, Is.LessThanOrEqualTo((1 + SteadyShare) * first.Threads));
            Assert.That(last.Percentile(0.99), Is.LessThanOrEqualTo((1 + SlowerShare) * first.Percentile(0.99)));
        }
        finally
        {
            await Task.WhenAll(nodes.Select(node => node.DisposeAsync().AsTask()));
        }
    }

    private static async Task<GatewayProcess> Start(string hosts, string topic)
    {
        // A history that is full within the first minute: what still grows after that is looked for.
        var settings = KafkaNode.Settings(hosts, topic, new() { ["JWT_SECRET_KEY"] = Token.Secret, ["HISTORY_MAX_BYTES"] = "4194304" });
        var node = await GatewayProcess.Start(settings.ToDictionary(setting => setting.Key, setting => setting.Value!));
        await node.UntilReady();
        return node;
    }

    private static string PhoenixUser(int i) => $"soak-phoenix-{i}";

    private static async Task Renew(PhoenixCrowd crowd, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i = (i + 1) % Phoenix)
        {
            await Task.Delay(200, CancellationToken.None);
            await crowd.Renew(PhoenixUser(i), Token.Of(PhoenixUser(i)));
        }
    }

    /// <summary>A definition comes, changes and goes.</summary>
    private async Task Define(GatewayProcess[] nodes, CancellationToken stop)
    {
        const string Definition = """{"id":"soak","name":"soak","proxy":{"use_env":false,"target_url":"127.0.0.1","port":1},"version_data":{"default":{"endpoints":[{"id":"a","method":"GET","path":"/soak","not_secured":true}]}}}""";
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            await Task.Delay(2_000, CancellationToken.None);
            using var content = new StringContent(Definition, Encoding.UTF8, "application/json");
            var (node, one) = (nodes[i % nodes.Length].Api, new Uri("/v1/apis/soak", UriKind.Relative));
            using var answer = (i % 3) switch
            {
                0 => await _http.PostAsync(new Uri(node, "/v1/apis"), content, CancellationToken.None),
                1 => await _http.PutAsync(new Uri(node, one), content, CancellationToken.None),
                _ => await _http.DeleteAsync(new Uri(node, one), CancellationToken.None),
            };
            // The other node may not have heard yet of what this one was told.
            Assert.That(answer.IsSuccessStatusCode || answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict, Is.True, await answer.Content.ReadAsStringAsync(CancellationToken.None));
        }
    }

    private sealed record Sample(double ResidentBytes, double Files, double Threads, IReadOnlyList<double> Latencies)
    {
        public static Sample Of(GatewayProcess[] nodes, IReadOnlyList<double> latencies) =>
            new(nodes.Sum(node => node.ResidentBytes), nodes.Sum(node => node.Files), nodes.Sum(node => node.Threads), latencies);

        public static Sample Average(IReadOnlyCollection<Sample> samples) =>
            new(samples.Average(each => each.ResidentBytes), samples.Average(each => each.Files), samples.Average(each => each.Threads), [.. samples.SelectMany(each => each.Latencies).Order()]);

        public double Percentile(double share) => Latencies.Count == 0 ? 0 : Latencies[(int)(share * (Latencies.Count - 1))];

        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"{ResidentBytes / (1 << 20),11:0} | {Files,5:0} | {Threads,7:0} | {Percentile(0.5),6:0.00} | {Percentile(0.99),6:0.00}");
    }
}
