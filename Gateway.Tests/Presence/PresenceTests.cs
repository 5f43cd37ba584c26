using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Presence;

namespace RigKafka.Tests.Presence;

/// <summary>Who is listed where, on one node and on several that share a table, and what the listeners are told.</summary>
internal sealed class PresenceTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<PresentNode> _nodes = [];
    private FakeTable _table = null!;

    [SetUp]
    public void Prepare()
    {
        _table = new FakeTable(_time);
        _table.Ready.SetResult();
    }

    [TearDown]
    public void Stop()
    {
        _nodes.ForEach(node => node.Dispose());
        _nodes.Clear();
    }

    [Test]
    public async Task Join_OfTheOwnTopic_TellsWhoWasThereBefore_AndThenOfItself()
    {
        var node = await Start("a");
        var (_, wire) = node.Join("alice");
        Assert.That((await wire.Take(1))[0], Is.EqualTo("presence_state||{}"));

        var diff = await Told(wire, 2);
        Assert.That(Users(diff, "joins"), Is.EqualTo(["alice"]));
        Assert.That(Users(diff, "leaves"), Is.Empty);

        var (_, second) = node.Join("alice");
        Assert.That((await second.Take(1))[0], Does.StartWith("presence_state||").And.Contain("phx_ref"));
    }

    [Test]
    public async Task Join_OfAnothersTopic_IsListedThereUnderOnesOwnName_AndIsToldOfChangesOnly()
    {
        var node = await Start("a");
        var (_, wire) = node.Join("boss", "user:alice", "admin");

        Assert.That((await wire.Take(1))[0], Is.EqualTo("presence_state||none"));
        Assert.That(Users(await Told(wire, 2), "joins"), Is.EqualTo(["boss"]));
        Assert.That(node.On("role:admin"), Is.Empty, "only the own topic counts for roles");
    }

    [Test]
    public async Task Join_OfTheOwnTopic_IsListedForEachRole_AndOfARoleNowhere()
    {
        var node = await Start("a");
        var (_, watcher) = node.Join("boss", "role:support", "admin");
        node.Join("alice", null, "support", "user", "support");

        Assert.That(Users(await Told(watcher, 2), "joins"), Is.EqualTo(["alice"]));
        Assert.That(node.On("role:user"), Is.EqualTo(["alice"]));
        Assert.That(node.On("role:admin"), Is.Empty);
    }

    [Test]
    public async Task Renew_ShowsTheNewSessionAndRoles_AndTheTimeOfTheJoinStays()
    {
        var node = await Start("a");
        var (connection, wire) = node.Join("alice", null, "user");
        await Told(wire, 2);
        var joined = node.Records("user:alice").Single();
        _time.Advance(TimeSpan.FromMinutes(1));
        node.Renew(connection, "alice", "another", "admin");
        await Until(() => node.Records("user:alice").SingleOrDefault()?.Session == "another");

        Assert.That(node.On("role:user"), Is.Empty);
        Assert.That(node.On("role:admin"), Is.EqualTo(["alice"]));
        Assert.That(node.Records("user:alice").Single().Time, Is.EqualTo(joined.Time));
        var diff = await Told(wire, 3);
        Assert.That(Users(diff, "joins"), Is.EqualTo(["alice"]));
        Assert.That(Users(diff, "leaves"), Is.EqualTo(["alice"]));

        connection.Close(CloseReason.ClientGone);
        await connection.Closed.Soon();
        node.Renew(connection, "alice", "late");
        await Until(() => node.Records("user:alice").Count == 0);
    }

    [Test]
    public async Task Changes_OfOneMoment_AreToldAtOnce_AndWhatComesToNothingIsNot()
    {
        var node = await Start("a");
        var (_, wire) = node.Join("alice");
        await Told(wire, 2);
        var joined = Enumerable.Range(0, 5).Select(_ => node.Join("boss", "user:alice", "admin").Connection).ToArray();
        await Until(() => node.On("user:alice").Length == 6);
        joined[0].Close(CloseReason.ClientGone);
        await Until(() => node.On("user:alice").Length == 5);

        var diff = await Told(wire, 3);
        Assert.That(Users(diff, "joins"), Is.EqualTo(Enumerable.Repeat("boss", 4)));
        Assert.That(Users(diff, "leaves"), Is.Empty);
        foreach (var connection in joined)
        {
            connection.Close(CloseReason.ClientGone);
        }

        Assert.That(Users(await Told(wire, 4), "leaves"), Has.Length.EqualTo(4));
    }

    [Test]
    public async Task StateOfAJoin_HasWhatTheListenersWereTold_SoThatTheNextDiffFits()
    {
        var node = await Start("a");
        var (_, first) = node.Join("alice");
        await Until(() => node.On("user:alice").Length == 1);

        var (_, second) = node.Join("alice");
        Assert.That((await second.Take(1))[0], Is.EqualTo("presence_state||{}"), "the first is told of with the next diff");
        await Until(() => node.On("user:alice").Length == 2);
        Assert.That(Users(await Told(second, 2), "joins"), Has.Length.EqualTo(2));
        Assert.That((await first.Take(2))[1], Is.EqualTo((await second.Take(2))[1]));
    }

    [Test]
    public async Task TopicWithTooMany_TellsNothing_AndAllOfItOnceTheyAreFewer()
    {
        var node = await Start("a", maxEntries: 2);
        var (_, wire) = node.Join("alice");
        await Told(wire, 2);
        var others = new[] { node.Join("alice"), node.Join("alice") };
        await Until(() => node.On("user:alice").Length == 3);
        Assert.That((await node.Join("alice").Wire.Take(1))[0], Is.EqualTo("presence_state||none"));
        await Until(() => node.On("user:alice").Length == 4);
        _time.Advance(TimeSpan.FromSeconds(1));

        others[0].Connection.Close(CloseReason.ClientGone);
        others[1].Connection.Close(CloseReason.ClientGone);
        await Until(() => node.On("user:alice").Length == 2);
        await Until(() => wire.Lines.Length > 2, TimeSpan.FromMilliseconds(100));
        Assert.That(wire.Lines[2], Does.StartWith("presence_state||"));
        Assert.That(wire.Lines[2].Split("phx_ref"), Has.Length.EqualTo(3), "both who are left");
    }

    [Test]
    public async Task Nodes_ShowTheSame_AndTellTheirClients()
    {
        var (a, b) = (await Start("a"), await Start("b"));
        var (_, wire) = a.Join("alice");
        await Told(wire, 2);
        var (far, _) = b.Join("alice");

        Assert.That(Users(await Told(wire, 3), "joins"), Is.EqualTo(["alice"]));
        Assert.That(a.On("user:alice"), Is.EqualTo(["alice", "alice"]));
        await Until(() => b.On("user:alice").Length == 2);
        far.Close(CloseReason.ClientGone);
        Assert.That(Users(await Told(wire, 4), "leaves"), Is.EqualTo(["alice"]));
    }

    [Test]
    public async Task NodeThatEnds_IsGoneAtOnce_WithOneWrite_AndTheOldestThatIsLeftClearsUp()
    {
        var (a, b) = (await Start("a"), await Start("b"));
        foreach (var user in new[] { "alice", "bob", "carol" })
        {
            b.Join(user, null, "user");
        }

        await Until(() => a.On("role:user").Length == 3);
        var writes = _table.Writes;
        await b.Stop();

        Assert.That(a.On("role:user"), Is.Empty);
        Assert.That(_table.Writes - writes, Is.EqualTo(1));
        await Until(() => Keys().SequenceEqual(["a"]), TimeSpan.FromSeconds(1));
    }

    [Test]
    public async Task NodeThatDies_IsGoneWithin30Seconds_AndItsRecordsToo()
    {
        var (a, b) = (await Start("a"), await Start("b"));
        b.Join("bob", null, "user");
        a.Join("alice", null, "user");
        await Until(() => a.On("role:user").Length == 2);
        b.Kill();
        var since = _time.GetUtcNow();

        await Until(() => a.On("role:user").Length == 1, TimeSpan.FromSeconds(1));
        Assert.That(_time.GetUtcNow() - since, Is.GreaterThan(TimeSpan.FromSeconds(10)).And.LessThanOrEqualTo(TimeSpan.FromSeconds(30)));
        await Until(() => Keys().All(key => key.StartsWith('a')), TimeSpan.FromSeconds(1));
    }

    /// <summary>It may have been the whole cluster: nobody is left to clear up.</summary>
    [Test]
    public async Task NodeThatStarts_ClearsUpAfterThoseThatDiedBefore()
    {
        var dead = await Start("dead");
        dead.Join("ghost", null, "user");
        await Until(() => dead.On("role:user").Length == 1);
        dead.Kill();

        var next = await Start("next");
        next.Join("alice", null, "user");
        await Until(() => next.On("role:user").SequenceEqual(["alice"]), TimeSpan.FromSeconds(1));
        await Until(() => Keys().All(key => key.StartsWith("next", StringComparison.Ordinal)), TimeSpan.FromSeconds(1));
    }

    [Test]
    public async Task Outage_EmptiesNoList_AndWhatChangedMeanwhileFollows()
    {
        var (a, b) = (await Start("a"), await Start("b"));
        var (bob, _) = b.Join("bob", null, "user");
        a.Join("alice", null, "user");
        await Until(() => a.On("role:user").Length == 2 && b.On("role:user").Length == 2);

        _table.Outcome = AppendOutcome.NotStored;
        b.Join("carol", null, "user");
        bob.Close(CloseReason.ClientGone);
        for (var i = 0; i < 120; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
            Assert.That(a.On("role:user"), Is.EqualTo(["alice", "bob"]));
            Assert.That(b.On("role:user"), Is.EqualTo(["alice", "bob"]));
        }

        _table.Outcome = AppendOutcome.Stored;
        await Until(() => a.On("role:user").SequenceEqual(["alice", "carol"]) && b.On("role:user").SequenceEqual(["alice", "carol"]), TimeSpan.FromSeconds(1));
    }

    [Test]
    public async Task NodeThatWasTakenForDead_IsBackWithAllItsClients()
    {
        var (a, b) = (await Start("a"), await Start("b"));
        b.Join("bob", null, "user");
        await Until(() => a.On("role:user").Length == 1);
        foreach (var key in Keys().Where(key => key.StartsWith('b')))
        {
            await _table.Shared.Remove(key);
        }

        await Until(() => a.On("role:user").Length == 1);
        Assert.That(b.On("role:user"), Is.EqualTo(["bob"]));
    }

    [TestCase("", "{}", "bad_key")]
    [TestCase("a/x/user:alice", "{}", "bad_key")]
    [TestCase("a/7/user:alice", "{}", "bad_value")]
    [TestCase("a/7/user:alice", """{"user":"alice","jti":"s","time":1,"expires":9223372036854775807,"meta":{}}""", "bad_value")]
    public async Task ForeignRecord_IsSkippedAndCounted_AndTheOthersStay(string key, string value, string kind)
    {
        var node = await Start("a");
        node.Join("alice");
        await Until(() => node.On("user:alice").Length == 1);

        await _table.Shared.Put(key, new TableEntry(Encoding.UTF8.GetBytes(value), DateTimeOffset.MaxValue));

        Assert.That(node.Totals["rig.table.skipped{table=presence,kind=" + kind + "}"], Is.EqualTo(1));
        Assert.That(node.On("user:alice"), Is.EqualTo(["alice"]));
        Assert.That(node.Index.OfSession("s"), Is.Empty);
    }

    /// <summary>Coming back takes heartbeats beside the regular ones, which must not count against the others.</summary>
    [Test]
    public async Task NodeThatWasTakenForDead_TakesNobodyElseForDead()
    {
        var (a, b) = (await Start("a"), await Start("b"));
        a.Join("alice", null, "user");
        b.Join("bob", null, "user");
        await Until(() => a.On("role:user").Length == 2 && b.On("role:user").Length == 2);
        var removals = 0;
        _table.Shared.Watch(change => removals += change.Entry is null ? 1 : 0);
        for (var i = 0; i < 5; i++)
        {
            await _table.Shared.Remove(i % 2 == 0 ? "a" : "b");
            await Until(() => a.On("role:user").Length == 2 && b.On("role:user").Length == 2);
        }

        for (var i = 0; i < 120; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Delay(1);
        }

        Assert.That(removals, Is.EqualTo(5), "those that the test made");
        Assert.That(a.On("role:user"), Is.EqualTo(["alice", "bob"]));
    }

    [Test]
    public async Task Client_ThatAppliesEveryEvent_HasTheListOfTheTable_AfterAThousandRandomJoinsAndLeaves([Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        PresentNode[] nodes = [await Start("a"), await Start("b")];
        var (watcher, wire) = nodes[0].Join("alice");
        var open = new List<(PresentNode Node, Connection Connection)> { (nodes[0], watcher) };
        for (var i = 0; i < 1000; i++)
        {
            if (open.Count == 1 || (open.Count < 90 && random.Next(2) == 0))
            {
                var node = nodes[random.Next(2)];
                open.Add((node, (random.Next(3) == 0 ? node.Join("alice") : node.Join($"boss {random.Next(5)}", "user:alice", "admin")).Connection));
            }
            else
            {
                var which = random.Next(1, open.Count);
                open[which].Connection.Close(CloseReason.ClientGone);
                open.RemoveAt(which);
            }

            if (random.Next(10) == 0)
            {
                _time.Advance(TimeSpan.FromMilliseconds(50));
                await Task.Yield();
            }
        }

        var expected = open.Select(one => PresenceKey.OfChannel(one.Node.Id, one.Connection.Id, "user:alice")).Concat(["a", "b"]).Order(StringComparer.Ordinal).ToArray();
        await Until(() => Keys().SequenceEqual(expected));
        await Until(() => new PresencePicture(wire.Lines).References.SetEquals(nodes[1].References("user:alice")), TimeSpan.FromMilliseconds(100));
        Assert.That(new PresencePicture(wire.Lines).References, Has.Count.EqualTo(open.Count));
    }

    private async Task<PresentNode> Start(string id, int maxEntries = 100)
    {
        var node = new PresentNode(id, _table, _time, maxEntries);
        _nodes.Add(node);
        await node.Start();
        await Until(() => Keys().Contains(id));
        // The next one is younger.
        _time.Advance(TimeSpan.FromMilliseconds(1));
        return node;
    }

    private string[] Keys() => [.. _table.Shared.Entries.Select(pair => pair.Key).Order(StringComparer.Ordinal)];

    /// <summary>The line of that number, once the moment has passed in which changes are gathered.</summary>
    private async Task<JsonElement> Told(FakeWire wire, int lines)
    {
        await Until(() => wire.Lines.Length >= lines, TimeSpan.FromMilliseconds(100));
        Assert.That(wire.Lines[lines - 1], Does.StartWith("presence_diff||"));
        return JsonDocument.Parse(wire.Lines[lines - 1]["presence_diff||".Length..]).RootElement;
    }

    private static string[] Users(JsonElement diff, string what) =>
        [.. diff.GetProperty(what).EnumerateObject().SelectMany(user => Enumerable.Repeat(user.Name, user.Value.GetProperty("metas").GetArrayLength()))];

    /// <summary>Time passes in steps until something holds: what waits for time does its work on other threads.</summary>
    private async Task Until(Func<bool> holds, TimeSpan step = default)
    {
        using var limit = new CancellationTokenSource(Limits.Hang);
        while (!holds())
        {
            Assert.That(limit.IsCancellationRequested, Is.False, "it did not come to hold");
            _time.Advance(step);
            await Task.Delay(1);
        }
    }
}
