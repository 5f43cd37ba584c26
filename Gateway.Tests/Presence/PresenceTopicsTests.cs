using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Presence;

namespace RigKafka.Tests.Presence;

/// <summary>Who is listed on which topic, and what its listeners are told.</summary>
internal sealed class PresenceTopicsTests : PresenceFixture
{
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
        Time.Advance(TimeSpan.FromMinutes(1));
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

        await Until(() => node.On("user:alice").Length == 1);
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
        Time.Advance(TimeSpan.FromSeconds(1));

        others[0].Connection.Close(CloseReason.ClientGone);
        others[1].Connection.Close(CloseReason.ClientGone);
        await Until(() => node.On("user:alice").Length == 2);
        await Until(() => wire.Lines.Length > 2, TimeSpan.FromMilliseconds(100));
        Assert.That(wire.Lines[2], Does.StartWith("presence_state||"));
        Assert.That(wire.Lines[2].Split("phx_ref"), Has.Length.EqualTo(3), "both who are left");
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
                Time.Advance(TimeSpan.FromMilliseconds(50));
                await Task.Yield();
            }
        }

        var expected = open.Select(one => PresenceKey.OfChannel(one.Node.Id, one.Connection.Id, "user:alice")).Concat(["a", "b"]).Order(StringComparer.Ordinal).ToArray();
        await Until(() => Keys().SequenceEqual(expected));
        await Until(() => new PresencePicture(wire.Lines).References.SetEquals(nodes[1].References("user:alice")), TimeSpan.FromMilliseconds(100));
        Assert.That(new PresencePicture(wire.Lines).References, Has.Count.EqualTo(open.Count));
    }
}
