using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Connections;

/// <summary>One slow client harms nobody; a merely fast publisher is slowed down instead (see docs/decisions/0004-slow-clients.md).</summary>
internal sealed class SlowClientTests
{
    private const int Outbox = 1 << 16;
    private const int Pad = 4_000;

    private TestNode _node = null!;

    [SetUp]
    public void Start() => _node = new TestNode(outbox: Outbox);

    [TearDown]
    public void Stop() => _node.Dispose();

    [Test]
    public async Task Deliver_ToOneThatReadsNothingAmongMany_ClosesItAndDelaysNobody()
    {
        var others = Listeners(4, long.MaxValue);
        var stalled = new FakeWire(room: 100);
        var connection = _node.Listen(stalled, "all");
        const int Messages = 40;
        for (var i = 0; i < Messages; i++)
        {
            await _node.Push(TestNode.Json("all", i, Pad));
            foreach (var other in others)
            {
                await other.Take(i + 1);
            }
        }

        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.SlowConsumer));
        Assert.That((stalled.Aborted.IsCompleted, connection.Outbox.IsEmpty, stalled.Bytes), Is.EqualTo((true, true, 100)));
        Assert.That(_node.Totals["rig.connections.closed{transport=test,reason=slow_consumer}"], Is.EqualTo(1));
        Assert.That(_node.Registry.Open, Is.EqualTo(4));
    }

    [Test]
    public async Task Deliver_FasterThanMostCanRead_WaitsForThemAndClosesNobody()
    {
        var wires = Listeners(3, 0);
        const int Messages = 200;
        var publisher = Task.Run(async () =>
        {
            for (var i = 0; i < Messages; i++)
            {
                await _node.Push(TestNode.Json("all", i, Pad));
            }
        });
        await _node.Settle();
        Assert.That(publisher.IsCompleted, Is.False, "the publisher is slowed down");

        while (wires.Exists(wire => wire.Lines.Length < Messages))
        {
            _node.Time.Advance(TimeSpan.FromMilliseconds(1));
            wires.ForEach(wire => wire.Read(5_000));
            await _node.Settle();
            Assert.That(_node.Registry.Open, Is.EqualTo(3));
        }

        await publisher.Soon();
        Assert.That(wires.ConvertAll(wire => wire.Fault), Is.All.Null);
    }

    [Test]
    public async Task Deliver_TinyMessagesFasterThanMostCanRead_ClosesNobody()
    {
        var wires = Listeners(3, 0);
        const int Messages = 20_000;
        var publisher = Task.Run(async () =>
        {
            for (var i = 0; i < Messages; i++)
            {
                await _node.Push("""{"user":"all"}""");
            }
        });
        while (!publisher.IsCompleted)
        {
            wires.ForEach(wire => wire.Read(20_000));
            await _node.Settle();
            Assert.That(_node.Registry.Open, Is.EqualTo(3));
        }

        wires.ForEach(wire => wire.ReadAll());
        foreach (var wire in wires)
        {
            await wire.Take(Messages);
        }
    }

    [Test]
    public async Task Deliver_TwoOfTheLargestMessagesOneAfterTheOther_ClosesNobodyWhoReads()
    {
        var wire = new FakeWire(room: 0);
        _node.Listen(wire, "all");
        const int Large = Outbox - 4_096;
        await _node.Push(TestNode.Json("all", 0, Large));
        await _node.Settle();
        wire.Read((Large / 2) + 4_096);
        await _node.Settle();
        await _node.Push(TestNode.Json("all", 1, Large));
        await _node.Settle();
        wire.ReadAll();

        await wire.Take(2);
        Assert.That(_node.Registry.Open, Is.EqualTo(1));
    }

    [Test]
    public async Task Deliver_WhileTheOnlyOneServedReadsNothing_WaitsNoLongerThanTheBound()
    {
        var stalled = _node.Listen(new FakeWire(room: 0), "stalled");
        var other = new FakeWire();
        _node.Listen(other, "other");
        await _node.Push(TestNode.Json("stalled", 0, Outbox * 2 / 3));
        await _node.Settle();
        await _node.Push(TestNode.Json("other", 0));
        var more = _node.Push(TestNode.Json("stalled", 1, Outbox * 2 / 3)).AsTask();
        await _node.Settle();
        Assert.That(other.Bytes, Is.Zero, "the loop pauses");

        // No heartbeat comes: their interval may be an hour.
        _node.Time.Advance(TimeSpan.FromMilliseconds(251));

        await other.Take(1);
        await more.Soon();
        Assert.That(await TestNode.End(stalled), Is.EqualTo(CloseReason.SlowConsumer));
    }

    [Test]
    public async Task Deliver_WhileTheOnlyOneServedReadsButStaysBehind_WaitsNoLongerThanTheBound()
    {
        var wire = new FakeWire(room: 0);
        _node.Listen(wire, "slow");
        var other = new FakeWire();
        _node.Listen(other, "other");
        await _node.Push(TestNode.Json("slow", 0, Outbox - 4_096));
        await _node.Settle();
        await _node.Push(TestNode.Json("other", 0));
        for (var passed = 0; passed < 2_000; passed += 200)
        {
            await _node.Settle();
            Assert.That(other.Bytes, Is.Zero);
            wire.Read(1);
            await _node.Settle();
            _node.Time.Advance(TimeSpan.FromMilliseconds(200));
        }

        await other.Take(1);
    }

    [Test]
    public async Task Deliver_WhileTheOnlyOneServedHoversAtTheMark_DoesNotRenewItsPatience()
    {
        const int Step = 8_192;
        var wire = new FakeWire(room: 0);
        _node.Listen(wire, "slow");
        var other = new FakeWire();
        _node.Listen(other, "other");
        await _node.Push(TestNode.Json("slow", 0, (Outbox / 2) + (Step / 2)));
        await _node.Settle();
        for (var passed = 0; passed < 2_200; passed += 200)
        {
            wire.Read(Step);
            await _node.Settle();
            await _node.Push(TestNode.Json("slow", passed, Step));
            await _node.Settle();
            _node.Time.Advance(TimeSpan.FromMilliseconds(200));
        }

        await _node.Push(TestNode.Json("other", 0));

        await other.Take(1);
        Assert.That(_node.Registry.Open, Is.EqualTo(2));
    }

    [Test]
    public async Task Deliver_ToOneThatIsHeldForever_ClosesItWhenItsOutboxIsFull()
    {
        var wire = new FakeWire();
        var connection = _node.Open(wire);
        _node.Join(connection, "all");
        for (var i = 0; i < 40; i++)
        {
            await _node.Push(TestNode.Json("all", i, Pad));
            await _node.Settle();
        }

        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.SlowConsumer));
        Assert.That(wire.Bytes, Is.Zero);
    }

    /// <summary>Half a million frames of two bytes were a megabyte in the outbox, and twenty on the heap.</summary>
    [Test]
    public async Task Send_OfTinyFrames_CountsWhatEachCostsToKeep()
    {
        var connection = _node.Listen(new FakeWire(room: 0), "all");
        var sent = 0;
        while (!connection.Closed.IsCompleted && sent < Outbox)
        {
            for (var i = 0; i < 100; i++, sent += 2)
            {
                connection.Send(new byte[2]);
            }

            await _node.Settle();
        }

        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.SlowConsumer));
        Assert.That(sent, Is.LessThan(Outbox / 10));
    }

    private List<FakeWire> Listeners(int count, long room)
    {
        var wires = Enumerable.Range(0, count).Select(_ => new FakeWire(room)).ToList();
        wires.ForEach(wire => _node.Listen(wire, "all"));
        return wires;
    }
}
