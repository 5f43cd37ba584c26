using System.Diagnostics;
using System.Text.Json;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>What the log promises when its broker is killed, or away.</summary>
internal sealed class KafkaFaultTests
{
    private const int TimeoutMs = 2_000;

    private static readonly LogHealth Well = new(true, null);

    [Test]
    public async Task BrokerKilledAndRestarted_WhileMessagesFlow_LosesAndRepeatsNothing()
    {
        await using var cluster = await TestKafka.StartCluster();
        using var log = New(cluster.Hosts);
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();
        using var stop = new CancellationTokenSource();
        var publishing = Task.Run(() => Publish(log, stop.Token));
        var seen = new List<int>();

        for (var round = 0; round < 3; round++)
        {
            seen.AddRange(await Numbers(reader, 50));
            await cluster.Brokers[0].Kill();
            Assert.That(() => log.Health.Trouble, Does.Contain("Kafka is out of reach: ").After(Limits.HangSeconds).Seconds.PollEvery(20));
            Assert.That(log.Health.Ready, Is.True);
            cluster.Brokers[0].Start();
            await cluster.WaitUntilUp();
            Assert.That(() => log.Health, Is.EqualTo(Well).After(Limits.HangSeconds).Seconds.PollEvery(20));
        }

        await stop.CancelAsync();
        var published = await publishing.Soon();
        Assert.That(await Append(log, -1), Is.EqualTo(AppendOutcome.Stored));
        while (seen.LastOrDefault() != -1)
        {
            seen.AddRange(await Numbers(reader, 1));
        }

        seen.RemoveAt(seen.Count - 1);
        TestContext.Out.WriteLine(string.Join(", ", published.CountBy(each => each.Outcome)) + $"; slowest {published.Max(each => each.Took)}");
        Assert.That(seen, Is.Ordered.And.Unique, "one user has one partition and one order");
        Assert.That(published.Where(each => each.Outcome == AppendOutcome.Stored).Select(each => each.Number), Is.SubsetOf(seen), "stored is a promise");
        Assert.That(published.Where(each => each.Outcome == AppendOutcome.NotStored).Select(each => each.Number).Intersect(seen), Is.Empty, "and so is not stored");
    }

    [Test]
    public async Task BrokerDownAtStart_IsTriedUntilItIsUp()
    {
        await using var cluster = await TestKafka.StartCluster();
        await cluster.Brokers[0].Kill();
        using var log = New(cluster.Hosts);
        await using var reader = new RecordingReader(log);

        Assert.That(await Append(log, 1), Is.EqualTo(AppendOutcome.NotStored));
        Assert.That(() => log.Health.Trouble, Does.Contain("Kafka is out of reach: ").And.Contain("Connection refused").After(Limits.HangSeconds).Seconds.PollEvery(20));
        Assert.That(log.Health.Ready, Is.False);

        cluster.Brokers[0].Start();
        await cluster.WaitUntilUp();

        await reader.NextPlacement();
        Assert.That(await Append(log, 2), Is.EqualTo(AppendOutcome.Stored));
        Assert.That((await Numbers(reader, 1)).Single(), Is.EqualTo(2));
        Assert.That(() => log.Health, Is.EqualTo(Well).After(Limits.HangSeconds).Seconds.PollEvery(20));
    }

    [Test]
    public async Task OneOfThreeBrokersKilled_StoresOnOnceThereAreNewLeaders()
    {
        await using var cluster = await TestKafka.StartCluster(brokers: 3);
        using var log = New(cluster.Hosts);
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();
        using var stop = new CancellationTokenSource();
        var publishing = Task.Run(() => Publish(log, stop.Token));
        await reader.NextTexts(20);

        await cluster.Brokers[1].Kill();
        await reader.NextTexts(200);
        await stop.CancelAsync();
        var published = await publishing.Soon();
        Assert.That(published[^1].Outcome, Is.EqualTo(AppendOutcome.Stored));
    }

    [Test]
    public async Task BrokerThatHangs_HasEveryAppendAnsweredAllTheSame()
    {
        await using var cluster = await TestKafka.StartCluster();
        using var log = New(cluster.Hosts);
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();
        await Append(log, 0);
        await cluster.Brokers[0].Pause();

        // It hangs until all are answered.
        var outcomes = await Task.WhenAll(Enumerable.Range(1, 20).Select(i => Append(log, i)));

        Assert.That(outcomes, Has.None.EqualTo(AppendOutcome.Stored).And.Some.EqualTo(AppendOutcome.Unknown));
        Assert.That(() => log.Health.Trouble, Does.StartWith("Messages are not stored: ").Or.Contains("out of reach").After(Limits.HangSeconds).Seconds.PollEvery(20));

        await cluster.Brokers[0].Resume();
        Assert.That(() => Append(log, 21), Is.EqualTo(AppendOutcome.Stored).After(Limits.HangSeconds).Seconds.PollEvery(100));
        Assert.That(() => log.Health, Is.EqualTo(Well).After(Limits.HangSeconds).Seconds.PollEvery(20));
    }

    /// <summary>A node that took such an answer for an end read its tables again, as if their topics had been cut.</summary>
    [Test]
    public async Task BrokerKilled_WhileItIsAskedForTheEndOfATopic_HasNotAnswered()
    {
        await using var cluster = await TestKafka.StartCluster();
        using var topics = new TestTopics(cluster.Hosts);
        var topic = await topics.Create(partitions: 1);
        using var client = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = cluster.Hosts }).SetLogHandler((_, _) => { }).Build();
        await using var admin = new KafkaAdmin(client.Handle);
        var asked = new KafkaTopics(admin, new KafkaOptions());
        var answers = 0;
        var asking = Enumerable.Range(0, 8).Select(_ => Task.Run(AskOnAndOn)).ToArray();
        await Wait.Until(() => Volatile.Read(ref answers) > 100, "all of them ask");

        await cluster.Brokers[0].Kill();

        Assert.That((await Task.WhenAll(asking).Soon()).SelectMany(said => said).Distinct(), Is.EqualTo([0L]));

        async Task<HashSet<long>> AskOnAndOn()
        {
            var said = new HashSet<long>();
            try
            {
                while (true)
                {
                    said.Add((await asked.Offsets(topic, [0], OffsetSpec.Latest()))[0].Offset.Value);
                    Interlocked.Increment(ref answers);
                }
            }
            catch (KafkaException)
            {
                return said;
            }
        }
    }

    [TestCase("late", TestName = "AnswersOfTheBrokerThatComeTooLate_LeaveNoMessageStoredTwice")]
    [TestCase("cut", TestName = "ConnectionThatBreaksWithoutAnAnswer_LeavesNoMessageStoredTwice")]
    [TestCase("dead", TestName = "ConnectionThatIsDead_IsGivenUp_AndLeavesNoMessageStoredTwice")]
    public async Task AnswersOfTheBrokerThatAreHeldBack(string end)
    {
        var port = KafkaCluster.FreePorts(1)[0];
        using var relay = Relay.To(new Uri($"http://127.0.0.1:{port}"));
        await using var cluster = await TestKafka.StartCluster(overrides: new Dictionary<string, string>
        {
            ["listeners"] = $"PLAINTEXT://127.0.0.1:{{port}},RELAYED://127.0.0.1:{port},CONTROLLER://127.0.0.1:{{controller}}",
            ["advertised.listeners"] = $"PLAINTEXT://127.0.0.1:{{port}},RELAYED://{relay.Address.Authority}",
            ["listener.security.protocol.map"] = "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,RELAYED:PLAINTEXT",
        });
        // More than the requests that are on their way at once, so that some wait.
        const int partitions = 12;
        using var writing = New(relay.Address.Authority, partitions);
        using var reading = New(cluster.Hosts, partitions);
        await using var reader = new RecordingReader(reading);
        await reader.NextPlacement();
        var users = Enumerable.Range(0, 2 * partitions).Select(i => $"user-{i}").ToArray();
        await Task.WhenAll(users.Select(user => Append(writing, user, 0)));
        var late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        relay.HoldAnswers(late.Task);

        // The others are stored, as the first is, but are not out of time when the first is.
        var appends = new List<Task<AppendOutcome>> { Append(writing, users[0], 1) };
        await Task.Delay(TimeoutMs * 6 / 10);
        appends.AddRange(users[1..].Select(user => Append(writing, user, 1)));
        Assert.That(await appends[0].Soon(), Is.EqualTo(AppendOutcome.Unknown));
        switch (end)
        {
            case "late":
                late.SetResult();
                break;
            case "cut":
                relay.Cut();
                relay.Mend();
                late.SetResult();
                break;
            default:
                // What follows on the same connection waits behind what is held back.
                relay.HoldAnswers(Task.CompletedTask);
                break;
        }

        var outcomes = await Task.WhenAll(appends).Soon();

        var unknown = 0;
        foreach (var user in users)
        {
            await Wait.Until(
                async () =>
                {
                    var outcome = await Append(writing, user, 2);
                    unknown += outcome == AppendOutcome.Unknown ? 1 : 0;
                    return outcome == AppendOutcome.Stored;
                },
                $"a message of {user} is stored");
        }

        Assert.That(unknown, Is.LessThan(8), "a connection that is dead is given up with the next message that is out of time");

        var seen = new List<string>();
        while (!users.All(user => seen.Contains(TestMessage.Text(user, 2))))
        {
            seen.Add(await reader.NextText());
        }

        var times = users.Select(user => seen.Count(text => text == TestMessage.Text(user, 1)));
        Assert.That(outcomes.Zip(times), Has.All.Matches<(AppendOutcome Outcome, int Times)>(each => each.Times == 1 || (each.Times == 0 && each.Outcome != AppendOutcome.Stored)), string.Join(", ", outcomes.Zip(times)));
    }

    private static KafkaLog New(string hosts, int partitions = 3) =>
        new(TestClients.Of(new KafkaOptions { Hosts = hosts.Split(','), SourceTopics = ["rig"], Partitions = partitions }, new LogOptions { PublishTimeoutMs = TimeoutMs }));

    private static Task<AppendOutcome> Append(KafkaLog log, int number) => Append(log, "alice", number);

    private static Task<AppendOutcome> Append(KafkaLog log, string user, int number) => log.Append(TestMessage.Of(user, number), TestMessage.NoHeaders).Soon();

    private static async Task<List<Published>> Publish(KafkaLog log, CancellationToken stop)
    {
        var published = new List<Published>();
        while (!stop.IsCancellationRequested)
        {
            var took = Stopwatch.StartNew();
            var outcome = await Append(log, published.Count);
            published.Add(new Published(published.Count, outcome, took.Elapsed));
        }

        return published;
    }

    private static async Task<IEnumerable<int>> Numbers(RecordingReader reader, int count) =>
        (await reader.NextTexts(count)).Select(text => JsonDocument.Parse(text).RootElement.GetProperty("n").GetInt32());

    private sealed record Published(int Number, AppendOutcome Outcome, TimeSpan Took);
}
