using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Messages;

namespace RigKafka.Tests.Connections;

internal sealed class ConnectionRegistryTests
{
    private TestNode _node = null!;

    [SetUp]
    public void Start() => _node = new TestNode(loops: 3);

    [TearDown]
    public void Stop() => _node.Dispose();

    [Test]
    public async Task Remove_OfTheLastListener_ForgetsTheTopic()
    {
        var first = _node.Listen(new FakeWire(), "alice", "bob");
        var second = _node.Listen(new FakeWire(), "alice");
        first.Close(CloseReason.ClientGone);
        await TestNode.End(first);
        Assert.That((Knows("alice"), Knows("bob")), Is.EqualTo((true, false)));

        second.Close(CloseReason.ClientGone);
        await TestNode.End(second);

        Assert.That((Knows("alice"), _node.Registry.Open), Is.EqualTo((false, 0)));
        Assert.That(_node.Totals["rig.connections{transport=test}"], Is.Zero);
    }

    [Test]
    public async Task Join_OfAConnectionThatHasEnded_LeavesNothingBehind()
    {
        var connection = _node.Open(new FakeWire());
        connection.Close(CloseReason.ClientGone);
        await TestNode.End(connection);

        _node.Join(connection, "alice");
        connection.Start();
        await _node.Push(TestNode.Json("alice", 0));
        await _node.Settle();

        Assert.That(Knows("alice"), Is.False);
        Assert.That(connection.Channels, Is.Null);
    }

    [Test]
    public async Task Join_RacingWithTheEnd_LeavesNothingBehind()
    {
        for (var round = 0; round < 2_000; round++)
        {
            var connection = _node.Open(new FakeWire());
            var closing = Task.Run(() => connection.Close(CloseReason.ClientGone));
            _node.Join(connection, "alice", "bob");
            connection.Start();
            await closing.Soon();
            await TestNode.End(connection);
        }

        await _node.Settle();
        Assert.That((Knows("alice"), Knows("bob"), _node.Registry.Open), Is.EqualTo((false, false, 0)));
    }

    [Test]
    public async Task CloseAll_WithConnectionsInEveryState_EndsThemAll()
    {
        var wires = Enumerable.Range(0, 12).Select(_ => new FakeWire()).ToArray();
        var connections = Array.ConvertAll(wires, wire => _node.Open(wire));
        foreach (var connection in connections[3..])
        {
            _node.Join(connection, "alice");
        }

        foreach (var connection in connections[6..])
        {
            connection.Start();
        }

        await _node.Push(TestNode.Json("alice", 0));
        _node.Registry.CloseAll(CloseReason.Shutdown);
        var allClosed = _node.Registry.WhenAllClosed();
        foreach (var connection in connections[6..])
        {
            Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.Shutdown));
        }

        Assert.That(allClosed.IsCompleted, Is.False, "some are still being opened");
        foreach (var connection in connections[..6])
        {
            connection.Start();
        }

        await allClosed.Soon();
        Assert.That(wires.Select(wire => string.Join(' ', wire.Lines.Select(line => line.Split('|')[0]))),
            Is.EqualTo(Enumerable.Repeat("closing", 3).Concat(Enumerable.Repeat("message closing", 9))));
    }

    [Test]
    public async Task CloseAll_BeforeAConnectionIsOpened_EndsItAtItsStart()
    {
        _node.Registry.CloseAll(CloseReason.Shutdown);
        await _node.Settle();

        var connection = _node.Listen(new FakeWire(), "alice");

        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.Shutdown));
    }

    [Test]
    public async Task WhenAllClosed_WithNothingOpen_IsCompleted() => await _node.Registry.WhenAllClosed().Soon();

    [Test]
    public async Task Add_OfManyThatComeAndGo_LeavesTheHeapWhereItWas()
    {
        await ComeAndGo(500);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await ComeAndGo(10_000);

        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(500_000));
    }

    private async Task ComeAndGo(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var connection = _node.Listen(new FakeWire(), $"user{i}", "all");
            connection.Close(i % 2 == 0 ? CloseReason.ClientGone : CloseReason.Shutdown);
            await TestNode.End(connection);
        }
    }

    private bool Knows(string user)
    {
        lock (_node.Registry.TotalOrder)
        {
            return _node.Registry.Find(Topic.OfUser(user)) is not null;
        }
    }
}
