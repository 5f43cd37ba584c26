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

    /// <summary>In one of so many seeds a log loses what it has stored.</summary>
    private const int UncleanShare = 10;

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
        var isUnclean = seed % UncleanShare == 0;
        var began = Stopwatch.GetTimestamp();
        var told = new ConcurrentQueue<string>();
        await cluster.IsWhole();
        var from = cluster.SourceTopics.ToDictionary(topic => topic, cluster.Topics.Ends);
        await using var clients = new ChaosClients(cluster, seed, Size, Tell);
        await clients.Come();
        using var enough = new CancellationTokenSource();
        var backEnds = new BackEnds(cluster.Balancers[seed % cluster.Balancers.Count].Api, clients.Users, PostsPerSecond);
        var producer = new ChaosProducer(cluster.Kafka.Hosts, isUnclean ? cluster.UncleanTopic : cluster.Topic, clients.Users, seed, RecordsPerSecond);
        var publishing = Task.WhenAll(backEnds.Run(enough.Token), Task.Run(() => producer.Run(enough.Token)));

        using (var time = new CancellationTokenSource(Time))
        {
            await Task.WhenAll(new ChaosFaults(cluster, seed, isUnclean, Tell).Run(time.Token), Task.Run(() => clients.Live(time.Token))).Soon();
        }

        await cluster.IsWhole();
        await enough.CancelAsync();
        await publishing.Soon();
        var verdict = isUnclean
            ? await Judge(cluster, cluster.Topic, clients, from, backEnds.Accepted, number => number < ChaosProducer.First)
            : await Judge(cluster, cluster.Topic, clients, from, [.. backEnds.Accepted, .. producer.Accepted], _ => true);
        var wrong = await WrongPresence(cluster, clients);
        var banned = clients.HeardThoughBanned(Bound);
        await Tabulate(string.Create(CultureInfo.InvariantCulture,
            $"{seed,4} | {verdict.Row} | {banned.Count} | {wrong.Count} | {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s{(isUnclean ? " | unclean" : "")}"));
        if (isUnclean)
        {
            // What this log has lost nobody can have any more, and a client that came back after it had grown again cannot see that it was lost.
            var lossy = await Judge(cluster, cluster.UncleanTopic, clients, from, producer.Accepted, number => number >= ChaosProducer.First);
            await TestContext.Progress.WriteLineAsync($"Of the log that loses what it has stored: {lossy.Others.Count} heard that the log has lost, {lossy.NotStored.Count} of 202 lost by the log, {lossy.LostWithAGap.Count} missed after a gap, {lossy.Lost.Count} missed without one\n{Verdict.Header}\n{lossy.Row}");
            verdict.Twice.AddRange(lossy.Twice);
            verdict.OutOfOrder.AddRange(lossy.OutOfOrder);
            // Its gap is one of the whole stream.
            verdict.LostWithAGap.Clear();
        }

        TestContext.Out.WriteLine(string.Join('\n', told));
        Assert.That(verdict.IsClean && banned.Count == 0 && wrong.Count == 0, Is.True, () => string.Join('\n',
            [$"{verdict}", $"heard though banned: {string.Join(", ", banned)}", $"wrong presence: {string.Join(", ", wrong)}", .. cluster.Nodes.SelectMany(node => node.Log.TakeLast(60).Prepend($"{node.Name}:"))]));

        void Tell(string what) => told.Enqueue($"{Stopwatch.GetElapsedTime(began).TotalSeconds,5:0.0} s: {what}");
    }

    private static async Task Tabulate(string row)
    {
        await TestContext.Progress.WriteLineAsync($"seed | {Verdict.Header} | banned, heard | wrong presence | time\n{row}");
        if (RowsFile is not null)
        {
            await File.AppendAllTextAsync(RowsFile, $"{row}\n");
        }
    }

    /// <summary>Once everybody has heard everything, or has had the time to.</summary>
    private static async Task<Verdict> Judge(
        ChaosCluster cluster, string topic, ChaosClients clients, Dictionary<string, IReadOnlyList<long>> from, IReadOnlyCollection<(string User, int Number)> accepted, Func<int, bool> isOne)
    {
        var judge = new LogJudge((await cluster.Topics.Epoch(topic))!.Value, cluster.Topics.ReadAll(topic, from[topic]));
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var verdict = judge.Judge((await clients.WelcomeHistories()).Select(history => history.Only(isOne)), accepted);
            if (verdict.IsClean || Stopwatch.GetElapsedTime(since) > Bound)
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
