using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Log;

namespace RigKafka.Tests.Connections;

/// <summary>What one connection hears, and in which order.</summary>
internal sealed class DeliveryLoopTests
{
    private TestNode _node = null!;

    [SetUp]
    public void Start() => _node = new TestNode(partitions: 2);

    [TearDown]
    public void Stop() => _node.Dispose();

    [Test]
    public async Task Deliver_ToOneTopicOfMany_IsHeardOnceAndInLogOrder()
    {
        var wire = new FakeWire();
        _node.Listen(wire, "alice");
        for (var i = 0; i < 500; i++)
        {
            await _node.Push(TestNode.Json("alice", i), i % 2);
            await _node.Push(TestNode.Json("bob", i), i % 2);
        }

        var lines = await wire.Take(500);
        await _node.Settle();

        Assert.That(wire.Lines.Select(Payload), Is.EqualTo(Enumerable.Range(0, 500).Select(i => TestNode.Json("alice", i))));
        Assert.That(TestNode.Offsets(TestNode.Id(lines[^1])), Is.EqualTo(new long[] { 500, 499 }), "the position just after the last message");
        Assert.That(_node.Totals["rig.deliveries{}"], Is.EqualTo(500));
        Assert.That(wire.Fault, Is.Null);
    }

    [Test]
    public async Task Deliver_ToTwoTopicsOfOneConnection_KeepsTheTotalOrder()
    {
        var wire = new FakeWire();
        _node.Listen(wire, "alice", "bob");
        var users = new[] { "alice", "bob", "bob", "alice", "carol" };
        for (var i = 0; i < 300; i++)
        {
            await _node.Push(TestNode.Json(users[i % 5], i), i % 2);
        }

        await wire.Take(240);
        await _node.Settle();

        Assert.That(wire.Lines.Select(Payload), Is.EqualTo(Enumerable.Range(0, 300).Where(i => i % 5 != 4).Select(i => TestNode.Json(users[i % 5], i))));
    }

    [Test]
    public async Task Start_AfterEvents_LetsThemThroughInOrder()
    {
        var wire = new FakeWire();
        var connection = _node.Open(wire);
        var id = _node.Join(connection, "alice");
        await _node.Push(TestNode.Json("alice", 0));
        await _node.Push(TestNode.Json("alice", 1));
        await _node.Settle();
        Assert.That(wire.Bytes, Is.Zero, "what comes first has not been written yet");

        connection.Start();
        await _node.Push(TestNode.Json("alice", 2));

        Assert.That((await wire.Take(3)).Select(Payload), Is.EqualTo(Enumerable.Range(0, 3).Select(i => TestNode.Json("alice", i))));
        Assert.That(TestNode.Offsets(id), Is.EqualTo(new long[] { 0, 0 }));
    }

    [Test]
    public async Task Broadcast_BetweenJoinAndStart_IsHeard()
    {
        var wire = new FakeWire();
        var connection = _node.Open(wire);
        _node.Join(connection, "alice");
        _node.Log.Place(0, 7, [5, 5], LogPlacement.Retention);
        await _node.Settle();

        connection.Start();
        await _node.Push(TestNode.Json("alice", 0));

        Assert.That(Names(await wire.Take(2)), Is.EqualTo("gap message"), "a gap after the join is the connection's own");
    }

    [Test]
    public async Task Start_WhileAnEarlierBroadcastIsStillQueued_DoesNotBringItBack()
    {
        var slow = new FakeWire(room: 0);
        _node.Listen(slow, "flood");
        await _node.Push(TestNode.Json("flood", 0, pad: 40_000));
        await _node.Settle();
        _node.Log.Place(0, 7, [5, 5], LogPlacement.Retention);
        await _node.Push(TestNode.Json("alice", 0));

        // The loop pauses: the broadcast is still before it when this connection opens.
        var wire = new FakeWire();
        var connection = _node.Open(wire);
        var joined = TestNode.Offsets(_node.Join(connection, "alice"));
        connection.Start();
        await _node.Settle();
        slow.ReadAll();
        await _node.Push(TestNode.Json("alice", 1));
        await wire.Take(1);
        await _node.Settle();

        Assert.That(Names(wire.Lines), Is.EqualTo("message"));
        Assert.That(TestNode.Offsets(TestNode.Id(wire.Lines[0])).Sum(), Is.GreaterThan(joined.Sum()));
    }

    [Test]
    public async Task Heartbeat_AmongMessages_NeverGoesBackAndNeverClaimsMoreThanWasDelivered()
    {
        var wire = new FakeWire();
        _node.Listen(wire, "alice");
        const int Messages = 400;
        for (var i = 0; i < Messages; i++)
        {
            await _node.Push(TestNode.Json("alice", i));
            _node.FanOut.Heartbeat();
        }

        await wire.Take(Messages + (Messages / ConnectionRegistry.HeartbeatSlots));
        await _node.Settle();
        var delivered = 0L;
        foreach (var line in wire.Lines)
        {
            delivered += Name(line) == "message" ? 1 : 0;
            Assert.That(TestNode.Offsets(TestNode.Id(line))[0], Is.EqualTo(delivered), line);
        }

        Assert.That(wire.Lines.Count(line => Name(line) == "heartbeat"), Is.EqualTo(Messages / ConnectionRegistry.HeartbeatSlots));
    }

    [Test]
    public async Task Write_ToASocketThatBroke_EndsTheConnection([Values] bool blocked)
    {
        var wire = new FakeWire(room: blocked ? 3 : long.MaxValue);
        var connection = _node.Listen(wire, "alice");
        await _node.Settle();
        if (blocked)
        {
            await _node.Push(TestNode.Json("alice", 0));
            await _node.Settle();
        }

        wire.Break();
        await _node.Push(TestNode.Json("alice", 1));

        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.ClientGone));
        Assert.That((_node.Registry.Open, connection.Outbox.IsEmpty), Is.EqualTo((0, true)));
    }

    [Test]
    public async Task Write_ThatIsTakenInPieces_KeepsEveryByteInOrder()
    {
        var wire = new FakeWire(room: 0);
        _node.Listen(wire, "alice");
        for (var i = 0; i < 100; i++)
        {
            await _node.Push(TestNode.Json("alice", i));
            wire.Read(17);
        }

        while (wire.Lines.Length < 100)
        {
            wire.Read(31);
            await _node.Settle();
        }

        Assert.That(wire.Lines.Select(Payload), Is.EqualTo(Enumerable.Range(0, 100).Select(i => TestNode.Json("alice", i))));
        Assert.That(wire.Fault, Is.Null);
    }

    private static string Names(string[] lines) => string.Join(' ', lines.Select(Name));

    private static string Name(string line) => line.Split('|')[0];

    private static string Payload(string line) => line.Split('|')[2];
}
