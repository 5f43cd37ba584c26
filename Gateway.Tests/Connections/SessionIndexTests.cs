using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Connections;

internal sealed class SessionIndexTests
{
    [Test]
    public async Task Connections_AreFoundFromAddUntilTheyEnd()
    {
        using var node = new TestNode();
        var sessions = node.Registry.SessionIndex;
        var (one, two, nameless) = (Add(node, "s1", "alice"), Add(node, "s2", "alice"), Add(node, "s1", null));
        node.Open(new FakeWire());

        Assert.That(sessions.OfSession("s1"), Is.EqualTo([one, nameless]));
        Assert.That(sessions.OfUser("alice"), Is.EqualTo([one, two]));
        Assert.That(sessions.OfUser("bob"), Is.Empty);

        one.Close(CloseReason.ClientGone);
        await TestNode.End(one);
        Assert.That(sessions.OfSession("s1"), Is.EqualTo([nameless]));
        nameless.Close(CloseReason.ClientGone);
        two.Close(CloseReason.ClientGone);
        await Task.WhenAll(TestNode.End(nameless), TestNode.End(two)).Soon();
        Assert.That((sessions.OfSession("s1").Count, sessions.OfSession("s2").Count, sessions.OfUser("alice").Count), Is.EqualTo((0, 0, 0)));
    }

    [Test]
    public async Task Renew_HasAConnectionBeFoundByItsNewSession_AndNeverAfterItsEnd()
    {
        using var node = new TestNode();
        var sessions = node.Registry.SessionIndex;
        var (one, two) = (Add(node, "s1", "alice"), Add(node, "s1", "alice"));
        one.Renew(one.Holder! with { Session = "s2" });
        Assert.That((sessions.OfSession("s1"), sessions.OfSession("s2")), Is.EqualTo((new[] { two }, new[] { one })));
        Assert.That(sessions.OfUser("alice"), Is.EqualTo([one, two]));

        one.Close(CloseReason.ClientGone);
        await TestNode.End(one);
        one.Renew(one.Holder! with { Session = "s3" });
        Assert.That((sessions.OfSession("s2").Count, sessions.OfSession("s3").Count, sessions.OfUser("alice").Count), Is.EqualTo((0, 0, 1)));
    }

    [Test]
    public async Task Close_AsBlacklisted_DropsWhatWaitsButNotHalfAFrame()
    {
        using var node = new TestNode();
        var wire = new FakeWire();
        var connection = node.Listen(wire, "alice");
        await wire.Take(0);
        await node.Push(TestNode.Json("alice", 0));
        var first = (await wire.Take(1))[0];
        wire.Limit(5);
        for (var i = 1; i < 20; i++)
        {
            await node.Push(TestNode.Json("alice", i));
        }

        await node.Settle();
        connection.Close(CloseReason.TokenBlacklisted);
        await node.Settle();
        wire.ReadAll();

        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.TokenBlacklisted));
        Assert.That(wire.Lines, Has.Length.EqualTo(3));
        Assert.That((wire.Lines[0], wire.Lines[2]), Is.EqualTo((first, "closing||{\"reason\":\"token_blacklisted\",\"reconnect\":false}")));
        Assert.That(wire.Lines[1], Does.EndWith(TestNode.Json("alice", 1)));
    }

    [Test]
    public async Task Close_AsBlacklistedBeforeStart_TellsThatAndNothingElse()
    {
        using var node = new TestNode();
        var wire = new FakeWire();
        var connection = node.Open(wire);
        node.Join(connection, "alice");
        await node.Push(TestNode.Json("alice", 0));

        connection.Close(CloseReason.TokenBlacklisted);
        await node.Push(TestNode.Json("alice", 1));
        await node.Settle();
        Assert.That(wire.Bytes, Is.Zero);
        connection.Start();

        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.TokenBlacklisted));
        Assert.That(wire.Lines, Is.EqualTo(["closing||{\"reason\":\"token_blacklisted\",\"reconnect\":false}"]));
    }

    private static Connection Add(TestNode node, string session, string? user) =>
        node.Registry.Add(new FakeWire(), LineFormat.Instance, "test", new Holder(session, user, null, DateTimeOffset.MaxValue));
}
