using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Delivery;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>
/// Many clients that lose their streams at one moment, and come back at another. Smaller here than docs/performance.md has it; there are
/// the commands for the whole.
/// </summary>
internal sealed class HerdTests
{
    private const double MiB = 1024 * 1024;

    private static readonly int Clients = Parameter("RIG_HERD_CLIENTS", 1_000);
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(Parameter("RIG_HERD_SECONDS", 5));

    private int _searches;
    private int _searchesUnderTheLock;

    /// <summary>The node is a process of its own, so that what it costs is its own.</summary>
    [Test]
    public async Task Herd_ThatComesBackAtOnce_GetsExactlyWhatItMissed()
    {
        await using var node = await GatewayProcess.Start(new Dictionary<string, string>
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
        var live = await herd.ComeBack();
        var back = node.ProcessorTime - start;
        var meanwhile = herd.Published - missed;
        await herd.HasEverything();

        var metrics = await herd.Metrics();
        await TestContext.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"""
            Herd: {Clients} clients away for {Away.TotalSeconds:0} s, {missed} messages missed ({metrics.Sum("rig_resumes_messages_total")} sent again).
            Herd: all back within 2 s, and live after {live.TotalSeconds:0.0} s.
            Herd: the gateway's processor time: {connected.TotalMicroseconds / Clients:0} µs a client to connect, {back.TotalMicroseconds / Clients:0} to come back,
              with {meanwhile} messages that were written meanwhile.
            Herd: the gateway's resident memory: {before / MiB:0} MiB before, {metrics.Sum("dotnet_process_memory_working_set_bytes") / MiB:0} afterwards.
            """));
        Assert.That(metrics.Sum("rig_resumes_total", "outcome=\"history\""), Is.EqualTo(Clients));
    }

    /// <summary>
    /// A count instead of a time: each message is looked at once and each client is searched for once, whatever else is there, and none
    /// under the lock.
    /// </summary>
    [Test]
    public async Task Herd_ThatComesBackAtOnce_IsNotSearchedForUnderTheTotalOrder()
    {
        // Both ends are in this process, which may not open as many files.
        var clients = Math.Min(Clients, 8_000);
        ConnectionRegistry? registry = null;
        await using var node = await GatewayNode.Start(
            prepare: builder => CountSearches(builder, () => registry?.TotalOrder.IsHeldByCurrentThread ?? false));
        registry = node.Registry;
        using var herd = new Herd(node.External, node.Api, clients);
        await herd.Connect();
        await herd.Leave();
        await herd.BeWrittenTo(Away / 5);
        using var allAreBack = new CancellationTokenSource();
        var waiting = Task.Run(() => WaitForTheLock(registry, allAreBack.Token));
        await herd.ComeBack();
        await allAreBack.CancelAsync();
        var waits = (await waiting.Soon()).Order().ToArray();
        await herd.HasEverything();

        await TestContext.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"""
            Herd: {clients} came back while somebody took the total order again and again, {waits.Length} times:
              p50 {Of(waits, 0.5):0.000} ms, p99 {Of(waits, 0.99):0.000}, p99.9 {Of(waits, 0.999):0.000}, the longest {Of(waits, 1):0.0}.
            """));
        Assert.That(_searches, Is.EqualTo(herd.Published + clients));
        Assert.That(_searchesUnderTheLock, Is.Zero);
    }

    private static int Parameter(string name, int usual) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : usual;

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
}
