using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using NUnit.Framework;
using RigKafka.IntegrationTests.Balancers;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Phoenix;

namespace RigKafka.IntegrationTests.Chaos;

/// <summary>
/// Nodes, brokers and networks fail and are changed, while clients come and go; then all that the clients heard is held against the log. A seed says
/// what happens. By hand: <c>make chaos</c>.
/// </summary>
[NonParallelizable]
internal sealed class ChaosTests
{
    private const int PostsPerSecond = 200;
    private const int RecordsPerSecond = 100;

    /// <summary>Where the row of each seed is added, and which seeds are not run again.</summary>
    private static readonly string? RowsFile = Environment.GetEnvironmentVariable("RIG_CHAOS_ROWS");

    private static readonly int Size = LongerRun.Number("RIG_CHAOS_CLIENTS", 300);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(LongerRun.Number("RIG_CHAOS_SECONDS", 12));

    /// <summary>Until when a session is cut everywhere, and until when everybody has heard everything once all is well again.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    /// <summary>Until when those are forgotten who were on a node that was killed.</summary>
    private static readonly TimeSpan PresenceBound = TimeSpan.FromSeconds(30);

    private ChaosCluster? _cluster;

    private static IEnumerable<int> Seeds => ResumeSeeds.Of("RIG_CHAOS_SEEDS", 1).Except(Done);

    private static IEnumerable<int> Done => File.Exists(RowsFile) ? File.ReadLines(RowsFile).Select(row => int.Parse(row.Split('|')[0], CultureInfo.InvariantCulture)) : [];

    [OneTimeSetUp]
    public async Task StartTheCluster()
    {
        foreach (var program in Balancer.Names)
        {
            Balancer.Require(program);
        }

        await PhoenixClientTests.Installed.Value;
        _cluster = await ChaosCluster.Start();
    }

    [OneTimeTearDown]
    public async Task StopTheCluster()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    [TestCaseSource(nameof(Seeds))]
    public async Task WhateverHappens_NothingIsLost_Twice_OutOfOrder_OrHeardByOthers(int seed)
    {
        var cluster = _cluster!;
        var began = Stopwatch.GetTimestamp();
        var told = new ConcurrentQueue<string>();
        await cluster.IsWhole();
        var from = cluster.Topics.Ends(cluster.Topic);
        await using var clients = new ChaosClients(cluster, seed, Size, Tell);
        await clients.Come();
        using var enough = new CancellationTokenSource();
        var backEnds = new BackEnds(cluster.Balancers[seed % cluster.Balancers.Count].Api, clients.Users, PostsPerSecond);
        var producer = new ChaosProducer(cluster.Kafka.Hosts, cluster.Topic, clients.Users, seed, RecordsPerSecond);
        var publishing = Task.WhenAll(backEnds.Run(enough.Token), Task.Run(() => producer.Run(enough.Token)));

        using (var time = new CancellationTokenSource(Time))
        {
            await Task.WhenAll(new ChaosFaults(cluster, seed, Tell).Run(time.Token), Task.Run(() => clients.Live(time.Token))).Soon();
        }

        await cluster.IsWhole();
        await enough.CancelAsync();
        await publishing.Soon();
        var verdict = await Judge(cluster, clients, from, [.. backEnds.Accepted, .. producer.Accepted]);
        var wrong = await WrongPresence(cluster, clients);
        var banned = clients.HeardThoughBanned(Bound);
        var row = string.Create(CultureInfo.InvariantCulture,
            $"{seed,4} | {verdict.Row} | {banned.Count} | {wrong.Count} | {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s");
        await TestContext.Progress.WriteLineAsync($"seed | {Verdict.Header} | banned, heard | wrong presence | time\n{row}");
        TestContext.Out.WriteLine(string.Join('\n', told));
        if (RowsFile is not null)
        {
            await File.AppendAllTextAsync(RowsFile, $"{row}\n");
        }

        Assert.That(verdict.IsClean && banned.Count == 0 && wrong.Count == 0, Is.True, () => string.Join('\n',
            [$"{verdict}", $"heard though banned: {string.Join(", ", banned)}", $"wrong presence: {string.Join(", ", wrong)}", .. told, .. cluster.Nodes.SelectMany(node => node.Log.TakeLast(60).Prepend($"{node.Name}:"))]));

        void Tell(string what) => told.Enqueue($"{Stopwatch.GetElapsedTime(began).TotalSeconds,5:0.0} s: {what}");
    }

    /// <summary>Once everybody has heard everything, or has had the time to.</summary>
    private static async Task<Verdict> Judge(ChaosCluster cluster, ChaosClients clients, IReadOnlyList<long> from, (string User, int Number)[] accepted)
    {
        var judge = new LogJudge(cluster.Topics.ReadAll(cluster.Topic, from));
        var until = Stopwatch.GetTimestamp();
        while (true)
        {
            var verdict = judge.Judge(await clients.WelcomeHistories(), accepted);
            if (verdict.IsClean || Stopwatch.GetElapsedTime(until) > Bound)
            {
                return verdict;
            }

            await Task.Delay(200);
        }
    }

    /// <summary>Who is online though not, or the other way round, as some node knows after the time that it may take to know.</summary>
    private static async Task<IReadOnlyCollection<string>> WrongPresence(ChaosCluster cluster, ChaosClients clients)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var wrong = new HashSet<string>();
            foreach (var node in cluster.Nodes)
            {
                var online = (await node.Users()).Where(user => user.StartsWith(clients.Prefix, StringComparison.Ordinal)).ToHashSet();
                online.SymmetricExceptWith(clients.Welcome);
                wrong.UnionWith(online.Select(user => $"{user} at {node.Name}"));
            }

            if (wrong.Count == 0 || Stopwatch.GetElapsedTime(since) > PresenceBound)
            {
                return wrong;
            }

            await Task.Delay(200);
        }
    }
}
