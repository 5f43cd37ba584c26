using System.Text;
using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Connections;

/// <summary>What a client is told last, and what it hears no more.</summary>
internal sealed class EndingsTests
{
    private TestNode _node = null!;

    [SetUp]
    public void Start() => _node = new TestNode();

    [TearDown]
    public void Stop() => _node.Dispose();

    [Test]
    public async Task Close_WithFramesPending_SaysWhyAfterThemAndNothingMore()
    {
        var wire = new FakeWire(room: 0);
        var connection = _node.Listen(wire, "alice");
        await _node.Push(TestNode.Json("alice", 0));
        await _node.Push(TestNode.Json("alice", 1));
        await _node.Settle();
        connection.Close(CloseReason.JoinDenied);
        connection.Close(CloseReason.Shutdown);
        await _node.Push(TestNode.Json("alice", 2));
        await _node.Settle();
        Assert.That(connection.Closed.IsCompleted, Is.False, "its last words have not been taken");

        wire.ReadAll();

        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.JoinDenied), "the first reason counts");
        Assert.That(Names(wire.Lines), Is.EqualTo("message message closing"));
        Assert.That(_node.Totals["rig.connections.closed{transport=test,reason=join_denied}"], Is.EqualTo(1));
    }

    /// <summary>A frame that the client may have got part of has to come to its end, or the notice would stand in its midst.</summary>
    [Test]
    public async Task Close_OfABlacklistedOne_SaysNothingElseButTheRestOfAFrameThatItsSocketHas([Values(0, 3)] int taken)
    {
        var wire = new FakeWire(room: taken);
        var connection = _node.Listen(wire, "alice");
        for (var i = 0; i < 3; i++)
        {
            await _node.Push(TestNode.Json("alice", i));
            await _node.Settle();
        }

        connection.Close(CloseReason.TokenBlacklisted);
        await _node.Settle();
        wire.ReadAll();

        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.TokenBlacklisted));
        Assert.That(Names(wire.Lines), Is.EqualTo("message closing"));
        Assert.That(Payload(wire.Lines[0]), Is.EqualTo(TestNode.Json("alice", 0)));
    }

    /// <summary>The loop looks at deadlines before it answers joins, and a client knows nothing of a topic before the reply.</summary>
    [Test]
    public async Task TokenExpiring_OnATopicWhoseJoinWaits_IsToldOnce_AfterTheReply()
    {
        var wire = new FakeWire();
        var expires = _node.Time.GetUtcNow().AddSeconds(60);
        var connection = _node.Registry.Add(wire, ChannelLines.V2, "test", new Holder("session", "alice", null, expires));
        connection.Start();
        Join("user:alice");
        await _node.Settle();
        _node.Time.Advance(TimeSpan.FromSeconds(40));

        lock (_node.Registry.TotalOrder)
        {
            // The loop cannot list the topics until the other one is among them.
            _node.Registry.LookAtDeadlines();
            Join("user:bob");
        }

        await _node.Settle();
        Assert.That(wire.Lines, Is.EqualTo(["joined user:alice", Expiring("user:alice"), "joined user:bob", Expiring("user:bob")]));

        void Join(string topic)
        {
            lock (_node.Registry.TotalOrder)
            {
                _node.Registry.Join(connection, topic, Encoding.UTF8.GetBytes($"joined {topic}\n"));
            }
        }

        string Expiring(string topic) => $$"""[null,null,"{{topic}}","token_expiring",{"expires_at":{{expires.ToUnixTimeSeconds()}}}]""";
    }

    /// <summary>The reader of the client's frames says that it is gone only afterwards.</summary>
    [Test]
    public async Task SendLast_BeforeAnEvent_IsTheEnd()
    {
        var wire = new FakeWire();
        var connection = _node.Listen(wire, "alice");
        await _node.Settle();

        connection.SendLast("bye||\n"u8.ToArray());
        await _node.Push(TestNode.Json("alice", 0));

        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.ClientGone));
        await _node.Settle();
        Assert.That(Names(wire.Lines), Is.EqualTo("bye"));
    }

    [Test]
    public async Task Close_BecauseTheClientIsGone_EndsAtOnceThoughItsSocketIsFull()
    {
        var wire = new FakeWire(room: 0);
        var connection = _node.Listen(wire, "alice");
        await _node.Push(TestNode.Json("alice", 0));
        await _node.Settle();

        connection.Close(CloseReason.ClientGone);

        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.ClientGone));
        Assert.That(connection.Outbox.IsEmpty, Is.True);
    }

    [Test]
    public async Task Close_BecauseTheClientIsGone_EndsAConnectionThatIsBeingClosedAndWasNeverStarted()
    {
        var connection = _node.Open(new FakeWire());
        _node.Join(connection, "alice");
        connection.Close(CloseReason.Shutdown);
        await _node.Settle();

        connection.Close(CloseReason.ClientGone);

        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.Shutdown), "the first reason counts");
        Assert.That(_node.Registry.Open, Is.Zero);
    }

    private static string Names(string[] lines) => string.Join(' ', lines.Select(line => line.Split('|')[0]));

    private static string Payload(string line) => line.Split('|')[2];
}
