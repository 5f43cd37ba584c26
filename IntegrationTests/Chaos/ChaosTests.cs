using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using NUnit.Framework;
using NUnit.Framework.Interfaces;
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

    private const string Passed = "passed";

    /// <summary>Where the row of each seed is added. Those that passed are not run again.</summary>
    private static readonly string? RowsFile = Environment.GetEnvironmentVariable("RIG_CHAOS_ROWS");

    private static readonly int Size = LongerRun.Number("RIG_CHAOS_CLIENTS", 300);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(LongerRun.Number("RIG_CHAOS_SECONDS", 12));

    /// <summary>Until when a session is cut everywhere.</summary>
    private static readonly TimeSpan BanBound = TimeSpan.FromSeconds(10);

    private ChaosCluster? _cluster;

    private static IEnumerable<int> Seeds => ResumeSeeds.Of("RIG_CHAOS_SEEDS", 1).Except(Done);

    private static IEnumerable<int> Done => File.Exists(RowsFile) ? File.ReadLines(RowsFile).Where(row => row.EndsWith(Passed, StringComparison.Ordinal)).Select(row => int.Parse(row.Split('|')[0], CultureInfo.InvariantCulture)) : [];

    [OneTimeSetUp]
    public Task Require()
    {
        foreach (var program in Balancer.Names)
        {
            Balancer.Require(program);
        }

        return PhoenixClientTests.Installed.Value;
    }

    [SetUp]
    public async Task StartTheCluster() => _cluster ??= await ChaosCluster.Start();

    /// <summary>What a seed has left behind that failed is not for the next one.</summary>
    [TearDown]
    public Task StopAfterAFailure() => TestContext.CurrentContext.Result.Outcome.Status == TestStatus.Passed ? Task.CompletedTask : StopTheCluster();

    [OneTimeTearDown]
    public async Task StopTheCluster()
    {
        if (Interlocked.Exchange(ref _cluster, null) is { } cluster)
        {
            await cluster.DisposeAsync();
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
        var backEnds = new BackEnds(cluster.Balancers[seed % cluster.Balancers.Count].Api, clients.Users, PostsPerSecond);
        var producer = new ChaosProducer(cluster.Kafka.Hosts, isUnclean ? cluster.UncleanTopic : cluster.Topic, clients.Users, seed, RecordsPerSecond);
        await using var posting = new Ongoing(backEnds.Run);
        await using var producing = new Ongoing(stop => Task.Run(() => producer.Run(stop), CancellationToken.None));

        using (var time = new CancellationTokenSource(Time))
        {
            await Task.WhenAll(new ChaosFaults(cluster, seed, isUnclean, Tell).Run(time.Token), Task.Run(() => clients.Live(time.Token)));
        }

        await cluster.IsWhole();
        await posting.Stop();
        await producing.Stop();
        await clients.AreLongBanned(BanBound);
        await backEnds.PublishLast();
        var verdict = isUnclean
            ? await Judge(cluster, cluster.Topic, clients, from, backEnds.Accepted, number => number < ChaosProducer.First)
            : await Judge(cluster, cluster.Topic, clients, from, [.. backEnds.Accepted, .. producer.Accepted], _ => true);
        var wrong = await WrongPresence(cluster, clients);
        var banned = await clients.HeardThoughBanned(clients.Users.Zip(backEnds.Published).ToDictionary(user => user.First, user => user.Second - 1));
        var row = string.Create(CultureInfo.InvariantCulture,
            $"{seed,4} | {verdict.Row} | {banned.Count} | {wrong.Count} | {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s");
        if (isUnclean)
        {
            // What this log has lost nobody can have any more; a producer may write it again; and a client that came back after it had grown again cannot see that it was lost.
            var lossy = await Judge(cluster, cluster.UncleanTopic, clients, from, producer.Accepted, number => number >= ChaosProducer.First);
            row += $" | unclean: {lossy.NotStored.Count} accepted ones lost by the log, {lossy.Others.Count} of its losses heard before, {lossy.Twice.Count} heard again as they were written again, {lossy.LostWithAGap.Count} missed after a gap, {lossy.Lost.Count} missed without one";
            // A gap is one of all topics of its stream.
            if (verdict.Gaps.All(reason => reason == "log_truncated"))
            {
                verdict.LostWithAGap.Clear();
            }
        }

        var isClean = verdict.IsClean && banned.Count == 0 && wrong.Count == 0;
        await Tabulate($"{row} | {(isClean ? Passed : "FAILED")}");
        TestContext.Out.WriteLine(string.Join('\n', told));
        Assert.That(isClean, Is.True, () => string.Join('\n',
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

    /// <summary>Once everybody has heard the last message, after which nothing comes twice; or will not.</summary>
    private static async Task<Verdict> Judge(
        ChaosCluster cluster, string topic, ChaosClients clients, Dictionary<string, IReadOnlyList<long>> from, IReadOnlyCollection<(string User, int Number)> accepted, Func<int, bool> isOne)
    {
        var epoch = (await cluster.Topics.Epoch(topic))!.Value;
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            // A node may still write what its client was not told the end of: the clients are asked before the log.
            var histories = (await clients.WelcomeHistories()).Select(history => history.Only(isOne)).ToList();
            var verdict = new LogJudge(epoch, cluster.Topics.ReadAll(topic, from[topic])).Judge(histories, accepted);
            if (verdict.IsOver || Stopwatch.GetElapsedTime(since) > (topic == cluster.Topic ? Limits.Hang : BanBound))
            {
                return verdict;
            }

            await Task.Delay(500);
        }
    }

    /// <summary>Who is online though not, or the other way round, as some node knows. Those who were on a node that was killed are forgotten after 30 s.</summary>
    private static async Task<IReadOnlyCollection<string>> WrongPresence(ChaosCluster cluster, ChaosClients clients)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var wrong = new HashSet<string>();
            foreach (var node in cluster.Nodes)
            {
                var online = (await node.Users()).Where(user => user.StartsWith(clients.Prefix, StringComparison.Ordinal)).ToHashSet();
                online.ExceptWith(clients.Unclear);
                online.SymmetricExceptWith(clients.Welcome);
                wrong.UnionWith(online.Select(user => $"{user} at {node.Name}"));
            }

            if (wrong.Count == 0 || Stopwatch.GetElapsedTime(since) > Limits.Hang)
            {
                return wrong;
            }

            await Task.Delay(200);
        }
    }
}
