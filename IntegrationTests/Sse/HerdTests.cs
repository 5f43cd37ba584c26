using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Delivery;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>
/// Many clients that lose their streams at one moment, and come back at another. Smaller here than docs/performance.md has it; there are
/// the commands for the whole.
/// </summary>
[NonParallelizable]
internal sealed class HerdTests
{
    private const double MiB = 1024 * 1024;

    private static readonly int Clients = LongerRun.Number("RIG_HERD_CLIENTS", 1_000);
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(LongerRun.Number("RIG_HERD_SECONDS", 5));

    /// <summary>Where both ends are in this process, which may not open as many files.</summary>
    private static readonly int ClientsHere = Math.Min(Clients, 8_000);

    private int _searches;
    private int _searchesUnderTheLock;

    /// <summary>The node is a process of its own, so that what it costs is its own.</summary>
    [TestCase("history")]
    [TestCase("rewind")]
    public async Task Herd_ThatComesBackAtOnce_GetsExactlyWhatItMissed(string from)
    {
        await using var node = await GatewayProcess.Start(new Dictionary<string, string>(from == "rewind" ? await WithoutHistory() : [])
        {
            ["JWT_SECRET_KEY"] = Token.Secret,
            // They are all in one process, which may take its time from a connect to its request.
            ["HTTP_HEADERS_TIMEOUT_MS"] = "120000",
        });
        using var herd = new Herd(node.External, node.Api, Clients);
        var start = node.ProcessorTime;
        await herd.Connect();
        var connected = node.ProcessorTime - start;
        var before = (await herd.Metrics()).Sum("dotnet_process_memory_working_set_bytes");
        await herd.Leave();
        await herd.BeWrittenTo(Away);
        var missed = herd.Published;
        start = node.ProcessorTime;
        var here = Environment.CpuUsage.TotalTime;
        var live = await herd.ComeBack();
        var back = node.ProcessorTime - start;
        here = Environment.CpuUsage.TotalTime - here;
        var meanwhile = herd.Published - missed;
        await herd.HasEverything();

        var metrics = await herd.Metrics();
        await TestContext.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"""
            Herd: {Clients} clients away for {Away.TotalSeconds:0} s, {missed} messages missed ({metrics.Sum("rig_resumes_messages_total")} sent again from the {from},
              with {metrics.Sum("rig_rewind_passes_total")} rewinds of {metrics.Sum("rig_rewind_records_total")} records).
            Herd: all back within 2 s, and live after {live.TotalSeconds:0.0} s.
            Herd: the gateway's processor time: {connected.TotalMicroseconds / Clients:0} µs a client to connect, {back.TotalMicroseconds / Clients:0} to come back,
              with {meanwhile} messages that were written meanwhile. That of the clients and publishers: {here.TotalMicroseconds / Clients:0}.
            Herd: the gateway's resident memory: {before / MiB:0} MiB before, {metrics.Sum("dotnet_process_memory_working_set_bytes") / MiB:0} afterwards.
            """));
        Assert.That(metrics.Sum("rig_resumes_total", $"outcome=\"{from}\""), Is.EqualTo(Clients));
    }

    /// <summary>
    /// A count instead of a time: each message is looked at once and each client is searched for once, whatever else is there, and none
    /// under the lock.
    /// </summary>
    [Test]
    public async Task Herd_ThatComesBackAtOnce_IsNotSearchedForUnderTheTotalOrder()
    {
        ConnectionRegistry? registry = null;
        await using var node = await GatewayNode.Start(
            prepare: builder => CountSearches(builder, () => registry?.TotalOrder.IsHeldByCurrentThread ?? false));
        registry = node.Registry;
        using var herd = new Herd(node.External, node.Api, ClientsHere);

        var times = await GoesAndComesBackUntilNothingGrows(herd, registry, herd.ComeBack);

        Assert.That(_searches, Is.EqualTo(herd.Published + (times * ClientsHere)));
        Assert.That(_searchesUnderTheLock, Is.Zero);
    }

    /// <summary>Those that come within a moment share a rewind. How long that is, is up to a clock that waits for all of them.</summary>
    [Test]
    public async Task Herd_ThatMissedMoreThanTheHistoryHas_CostsOneRewind()
    {
        var clock = new WaitingRoom();
        await using var node = await GatewayNode.Start(
            (await WithoutHistory()).ToDictionary(setting => setting.Key, string? (setting) => setting.Value),
            builder => builder.Host.ConfigureContainer<IServiceCollection>((_, services) => services.AddSingleton(
                provider => ActivatorUtilities.CreateInstance<Rewinder>(provider, clock))));
        using var herd = new Herd(node.External, node.Api, ClientsHere);

        var times = await GoesAndComesBackUntilNothingGrows(herd, node.Registry, async () =>
        {
            var before = clock.Waiting;
            var coming = herd.ComeBack();
            await Wait.Until(() => clock.Waiting == before + ClientsHere, "all wait for what they missed");
            await Wait.Until(
                () =>
                {
                    clock.Advance(TimeSpan.FromMilliseconds(50));
                    return coming.IsCompleted;
                },
                "all have what they missed");
            await coming;
        });

        var metrics = await node.Metrics();
        Assert.That(metrics.Sum("rig_resumes_total", "outcome=\"rewind\""), Is.EqualTo(times * ClientsHere));
        Assert.That(metrics.Sum("rig_rewind_passes_total"), Is.EqualTo(times));
        Assert.That(metrics.Sum("rig_rewind_records_total"), Is.LessThanOrEqualTo(herd.Published));
    }

    /// <summary>
    /// Memory is back where it was: what a herd leaves behind grows each time, and what the other tests of this process leave does not.
    /// </summary>
    /// <returns>How many times it came back.</returns>
    private static async Task<int> GoesAndComesBackUntilNothingGrows(Herd herd, ConnectionRegistry registry, Func<Task> comeBack)
    {
        const int Most = 6;
        await herd.Connect();
        await GoesAndComesBack(herd, registry, comeBack);
        for (var times = 2; ; times++)
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            await GoesAndComesBack(herd, registry, comeBack);
            var after = await HeapOnceItIsBackTo(before);
            await TestContext.Progress.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"Herd: the heap of both ends: {before / MiB:0.0} MiB before it came back, {after / MiB:0.0} afterwards."));
            if (after < before + MostLeft)
            {
                return times;
            }

            Assert.That(times, Is.LessThan(Most), $"{after - before} bytes more each time");
        }
    }

    /// <summary>By how much the heap may be larger afterwards: a thousand bytes for each client would be something that is kept of it.</summary>
    private static long MostLeft => 1_000 * ClientsHere;

    /// <summary>Some of what the herd had is only given back by a second collection, once it was finalized.</summary>
    private static async Task<long> HeapOnceItIsBackTo(long before)
    {
        for (var looks = 1; ; looks++)
        {
            var heap = GC.GetTotalMemory(forceFullCollection: true);
            if (heap < before + MostLeft || looks == 30)
            {
                return heap;
            }

            await Task.Delay(TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>Somebody takes the total order again and again while the herd comes back, and says how long that takes.</summary>
    private static async Task GoesAndComesBack(Herd herd, ConnectionRegistry registry, Func<Task> comeBack)
    {
        await herd.Leave();
        await herd.BeWrittenTo(Away / 5);
        using var allAreBack = new CancellationTokenSource();
        var waiting = Task.Run(() => WaitForTheLock(registry, allAreBack.Token));
        await comeBack();
        await allAreBack.CancelAsync();
        var waits = (await waiting.Soon()).Order().ToArray();
        await herd.HasEverything();

        await TestContext.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"""
            Herd: {ClientsHere} came back while somebody took the total order again and again, {waits.Length} times:
              p50 {Of(waits, 0.5):0.000} ms, p99 {Of(waits, 0.99):0.000}, p99.9 {Of(waits, 0.999):0.000}, the longest {Of(waits, 1):0.0}.
            """));
    }

    private static async Task<Dictionary<string, string>> WithoutHistory() =>
        KafkaNode.Settings(await TestKafka.Hosts(), TestTopics.NewName(), new() { ["HISTORY_MAX_BYTES"] = "0" })
            .ToDictionary(setting => setting.Key, setting => setting.Value!);

    private static double Of(TimeSpan[] sorted, double part) => sorted[(int)((sorted.Length - 1) * part)].TotalMilliseconds;

    /// <summary>How long it takes to get the lock.</summary>
    private static async Task<List<TimeSpan>> WaitForTheLock(ConnectionRegistry registry, CancellationToken enough)
    {
        var waits = new List<TimeSpan>();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (!enough.IsCancellationRequested)
        {
            var since = Stopwatch.GetTimestamp();
            lock (registry.TotalOrder)
            {
                waits.Add(Stopwatch.GetElapsedTime(since));
            }

            await pace.WaitForNextTickAsync(CancellationToken.None);
        }

        return waits;
    }

    /// <summary>Gives the node a history that tells when it writes or looks for a user.</summary>
    private void CountSearches(WebApplicationBuilder builder, Func<bool> isLocked)
    {
        builder.Host.ConfigureContainer<IServiceCollection>((_, services) => services.AddSingleton(provider => new History(
            provider.GetRequiredService<ResumeOptions>().HistoryMaxBytes,
            provider.GetRequiredService<MessageOptions>(),
            provider.GetRequiredService<IMessageLog>().SourceTopics.Count,
            Count)));

        int Count(ReadOnlySpan<char> topic)
        {
            Interlocked.Increment(ref _searches);
            Interlocked.Add(ref _searchesUnderTheLock, isLocked() ? 1 : 0);
            return string.GetHashCode(topic);
        }
    }

    /// <summary>The clock of the rewinds, which stands still until it is told; each that waits for one has a timer of its own.</summary>
    private sealed class WaitingRoom : FakeTimeProvider
    {
        private static readonly TimeSpan WaitsAtMost = TimeSpan.FromSeconds(30);

        private int _waiting;

        /// <summary>How many have come so far.</summary>
        public int Waiting => Volatile.Read(ref _waiting);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == WaitsAtMost)
            {
                Interlocked.Increment(ref _waiting);
            }

            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
