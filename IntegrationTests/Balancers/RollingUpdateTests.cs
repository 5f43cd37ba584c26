using System.Diagnostics;
using System.Globalization;
using NUnit.Framework;
using RigKafka.IntegrationTests.Chaos;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Phoenix;

namespace RigKafka.IntegrationTests.Balancers;

/// <summary>
/// What docs/operations/balancers.md says of each balancer: the nodes behind it are started anew, one after the other, and nobody notices;
/// and if one is killed, its clients are soon back and have missed nothing.
/// </summary>
[NonParallelizable]
internal sealed class RollingUpdateTests
{
    private const int PerSecond = 300;

    /// <summary>What the page says an operator waits for before the next node: HAProxy looks once a second whether one is there again.</summary>
    private static readonly TimeSpan BetweenNodes = TimeSpan.FromSeconds(3);

    private static readonly int Nodes = LongerRun.Number("RIG_ROLL_NODES", 2);
    private static readonly int Streams = LongerRun.Number("RIG_ROLL_CLIENTS", 500);
    private static readonly int Phoenix = LongerRun.Number("RIG_ROLL_PHOENIX", 50);
    private static readonly int Rounds = LongerRun.Number("RIG_ROLL_ROUNDS", 1);

    private readonly TestCertificates _certificates = new();
    private readonly List<GatewayProcess> _nodes = [];
    private TestTopics _topics = null!;
    private string _topic = null!;

    private (Uri External, Uri Api)[] Behind => [.. _nodes.Select(node => (node.External, node.Api))];

    [SetUp]
    public async Task StartTheNodes()
    {
        _topics = new TestTopics(await TestKafka.Hosts());
        _topic = await _topics.Create(partitions: 4);
        for (var i = 0; i < Nodes; i++)
        {
            _nodes.Add(await Start());
        }
    }

    [TearDown]
    public async Task StopTheNodes()
    {
        await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
        _nodes.Clear();
        _topics?.Dispose();
    }

    [OneTimeTearDown]
    public void Dispose() => _certificates.Dispose();

    [TestCaseSource(typeof(Balancer), nameof(Balancer.Names))]
    public async Task NodesThatStopAndStartAgain_OneAfterTheOther_LoseNothing_AndRefuseNoPost(string program)
    {
        Balancer.Require(program);
        await using var balancer = await Balancer.Start(program, _certificates, Behind);
        await using var clients = await BalancedClients.Open(balancer, _certificates, Streams, Phoenix);
        var backEnds = new BackEnds(balancer.Api, clients.Users, PerSecond);
        await using var publishing = new Ongoing(backEnds.Run);

        for (var i = 0; i < Nodes * Rounds; i++)
        {
            _nodes[i % Nodes].Terminate();
            Assert.That(await _nodes[i % Nodes].Exit(), Is.Zero);
            await StartAgain(i % Nodes);
            await Task.Delay(BetweenNodes);
            await Wait.Until(clients.AreIn, "all clients are in again");
        }

        // One that has not noticed yet that its stream is gone says that it is in.
        await Wait.Until(async () => (await clients.Histories()).All(history => history.Joins.Count > 1), "each was on a node that stopped, and is in again");

        await publishing.Stop();
        var verdict = await Judge(clients.Histories, backEnds, verdict => verdict.IsOver);
        var joins = (await clients.Histories()).SelectMany(history => history.Joins).Order().ToList();
        await TestContext.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"Rolled behind {program}: {Nodes} nodes, {Nodes * Rounds} restarts, {joins.Count - verdict.Clients} times a client came back, {Busiest(joins[verdict.Clients..])} in the busiest second; POSTs other than 202: {backEnds.Refusals.Values.Sum()}.\n{Verdict.Header}\n{verdict.Row}"));
        Assert.That(backEnds.Refusals, Is.Empty);
        Assert.That(verdict.IsClean, Is.True, verdict.ToString());
        Assert.That(verdict.Gaps, Is.Empty);
        Assert.That(clients.Streams.SelectMany(client => client.Troubles), Is.Empty);
    }

    [TestCaseSource(typeof(Balancer), nameof(Balancer.Names))]
    public async Task NodeThatIsKilled_LosesNothing_AndItsClientsComeBack(string program)
    {
        Balancer.Require(program);
        await using var balancer = await Balancer.Start(program, _certificates, Behind);
        await using var clients = await BalancedClients.Open(balancer, _certificates, Streams, Phoenix);
        var backEnds = new BackEnds(balancer.Api, clients.Users, PerSecond);
        await using var publishing = new Ongoing(backEnds.Run);
        await Wait.Until(() => backEnds.Accepted.Count > PerSecond, "messages come");

        var killed = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        _nodes[0].Kill();
        await _nodes[0].Exit();
        await Wait.Until(async () => await clients.AreIn() && (await clients.Histories()).Any(history => history.Joins[^1] >= killed), "all clients are in again");
        var heard = backEnds.Accepted.Count;
        await Wait.Until(() => backEnds.Accepted.Count > heard + PerSecond, "messages come to those that came back");

        await publishing.Stop();
        var verdict = await Judge(clients.Histories, backEnds, verdict => verdict.IsOver);
        var back = (await clients.Histories()).Select(history => history.Joins[^1]).Where(join => join >= killed).ToList();
        await TestContext.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"A node killed behind {program}: {back.Count} of {verdict.Clients} clients came back, the last one after {back.Max() - killed} ms; POSTs other than 202: {backEnds.Refusals.Values.Sum()} of {backEnds.Published.Sum()} ({string.Join(", ", backEnds.Refusals.Select(refusal => $"{refusal.Value} of {refusal.Key}"))}).\n{Verdict.Header}\n{verdict.Row}"));
        Assert.That(verdict.IsClean, Is.True, verdict.ToString());
        Assert.That(verdict.Gaps, Is.Empty);
        await StartAgain(0);
    }

    /// <summary>Half of all polls reach the node that does not know their session. That is slow, and costs a session each time; nothing is lost.</summary>
    [Test]
    public async Task LongPolling_WithoutStickiness_StartsAgainAndAgain_AndLosesNothing()
    {
        Balancer.Require("haproxy");
        await PhoenixClientTests.Installed.Value;
        await using var balancer = await Balancer.Start("haproxy", _certificates, text => text.Replace("balance source", "balance random(1)", StringComparison.Ordinal), Behind);
        await using var crowd = PhoenixCrowd.Start(balancer.Clients);
        var users = Enumerable.Range(0, 5).Select(i => $"phoenix-{i}").ToArray();
        foreach (var user in users)
        {
            await crowd.Open(user, "longpoll");
        }

        await Wait.Until(async () => (await crowd.Histories()).All(history => history.Joins.Count > 0), "each was let in once");
        var backEnds = new BackEnds(balancer.Api, users, perSecond: 20);
        await using var publishing = new Ongoing(backEnds.Run);
        await Wait.Until(async () => (await crowd.Histories()).All(history => history.Joins.Count > 3), "each came back");

        await publishing.Stop();
        var verdict = await Judge(crowd.Histories, backEnds, verdict => verdict.Lost.Count == 0);
        await TestContext.Progress.WriteLineAsync($"Long polling without stickiness:\n{Verdict.Header}\n{verdict.Row}");
        // At any moment some are on their way back.
        verdict.Dead.Clear();
        Assert.That(verdict.IsClean, Is.True, verdict.ToString());
        Assert.That(verdict.Gaps, Is.Empty);
    }

    /// <summary>Once everybody has heard the last message, after which nothing comes twice; or will not.</summary>
    private async Task<Verdict> Judge(Func<Task<IReadOnlyList<ClientHistory>>> histories, BackEnds backEnds, Predicate<Verdict> isOver)
    {
        await backEnds.PublishLast();
        var judge = new LogJudge((await _topics.Epoch(_topic))!.Value, _topics.ReadAll(_topic));
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var verdict = judge.Judge(await histories(), backEnds.Accepted);
            if (isOver(verdict) || Stopwatch.GetElapsedTime(since) > Limits.Hang)
            {
                return verdict;
            }

            await Task.Delay(100);
        }
    }

    /// <summary>How many of these moments, in milliseconds and in order, are in the second that has most.</summary>
    private static int Busiest(List<long> moments) =>
        moments.Index().Select(moment => moments.Skip(moment.Index).TakeWhile(later => later < moment.Item + 1_000).Count()).DefaultIfEmpty(0).Max();

    private async Task<GatewayProcess> Start(Dictionary<string, string?>? ports = null)
    {
        var node = await GatewayProcess.Start(KafkaNode.Settings(_topics.Hosts, _topic, new(ports ?? [])
        {
            ["JWT_SECRET_KEY"] = Token.Secret,
            ["TRUSTED_PROXIES"] = "127.0.0.1",
            // As the page says.
            ["SHUTDOWN_DELAY_MS"] = "5000",
            ["SHUTDOWN_TIMEOUT_MS"] = "15000",
        }).ToDictionary(setting => setting.Key, setting => setting.Value!));
        await node.UntilReady();
        return node;
    }

    /// <summary>Starts one where another was.</summary>
    private async Task StartAgain(int i)
    {
        var before = _nodes[i];
        await before.DisposeAsync();
        _nodes[i] = await Start(new() { ["INBOUND_PORT"] = $"{before.External.Port}", ["API_PORT"] = $"{before.Api.Port}" });
    }
}
