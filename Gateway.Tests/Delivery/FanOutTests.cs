using System.Text;
using NUnit.Framework;
using RigKafka.Delivery;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Tests.Delivery;

internal sealed class FanOutTests
{
    private TestNode _node = null!;

    private static readonly object?[][] Poisons =
    [
        [null, "tombstone"],
        [""u8.ToArray(), "invalid_json"],
        ["garbage"u8.ToArray(), "invalid_json"],
        ["{\"user\":\"alice\"} {}"u8.ToArray(), "invalid_json"],
        [new byte[] { 0xFF, 0xFE }, "invalid_utf8"],
        ["[1]"u8.ToArray(), "not_an_object"],
        ["{\"name\":\"alice\"}"u8.ToArray(), "no_user"],
        ["{\"user\":\"alice\",\"user\":\"bob\"}"u8.ToArray(), "user_twice"],
        ["{\"user\":{}}"u8.ToArray(), "invalid_user"],
        [Encoding.UTF8.GetBytes("{\"user\":\"alice\",\"deep\":" + new string('[', 100) + new string(']', 100) + "}"), "too_deep"],
    ];

    [SetUp]
    public void Start() => _node = new TestNode(loops: 2);

    [TearDown]
    public void Stop() => _node.Dispose();

    [TestCaseSource(nameof(Poisons))]
    public async Task OnRecord_ThatIsNoMessage_IsCountedAndSkippedAndTheNextArrives(byte[]? value, string kind)
    {
        var wire = new FakeWire();
        _node.Listen(wire, "alice");

        await _node.Push(value);
        await _node.Push(TestNode.Json("alice", 1));

        var line = (await wire.Take(1))[0];
        Assert.That(line, Does.EndWith(TestNode.Json("alice", 1)));
        Assert.That(TestNode.Offsets(TestNode.Id(line)), Has.Length.EqualTo(1).And.All.EqualTo(2), "the position passes the poison");
        Assert.That(_node.Totals[$"rig.messages.poison{{kind={kind}}}"], Is.EqualTo(1));
        Assert.That(_node.Totals["rig.messages.read{}"], Is.EqualTo(1));
        Assert.That(_node.LogLines.Lines, Has.Count.EqualTo(1).And.All.Contain("rig/0/0").And.All.Contain($"({kind})"));
    }

    [Test]
    public async Task OnRecord_WithAByteOrderMark_ArrivesWithoutIt()
    {
        var wire = new FakeWire();
        _node.Listen(wire, "alice");

        await _node.Push(Encoding.UTF8.GetBytes("\uFEFF" + TestNode.Json("alice", 1)));

        var line = (await wire.Take(1))[0];
        Assert.That(line, Does.EndWith(TestNode.Json("alice", 1)));
        Assert.That(line.Contains('\uFEFF', StringComparison.Ordinal), Is.False);
    }

    /// <summary>Back-ends that write to Kafka themselves know nothing of this node's limits.</summary>
    [TestCase(10_000)]
    [TestCase(1 << 16)]
    [TestCase(1 << 24)]
    public async Task OnRecord_TooLargeForAnEmptyOutbox_IsAGapForItsUsersListeners_WhoStay(int above)
    {
        var (wire, other) = (new FakeWire(), new FakeWire());
        var connections = new[] { _node.Listen(wire, "alice"), _node.Listen(other, "bob") };
        var large = TestNode.Json("alice", 0, _node.Options.OutboxMaxBytes + above);

        await _node.Push(large);
        await _node.Push(TestNode.Json("alice", 1));
        await _node.Push(TestNode.Json("bob", 2));
        await _node.Push(TestNode.Json("carol", 3, _node.Options.OutboxMaxBytes + above));

        var lines = await wire.Take(2);
        Assert.That(TestNode.Offsets(TestNode.Id(lines[0])), Is.All.EqualTo(1));
        Assert.That(lines.Select(line => line.Split('|')).Select(line => (line[0], line[2])), Is.EqualTo([("gap", """{"reason":"too_large"}"""), ("message", TestNode.Json("alice", 1))]));
        Assert.That(await other.Take(1), Is.All.StartsWith("message|"), "nobody else hears of it");
        await _node.Settle();
        Assert.That(connections.Select(connection => connection.IsEnded), Is.All.False);
        Assert.That((_node.Totals["rig.messages.poison{kind=too_large}"], _node.Totals["rig.messages.read{}"], _node.Totals["rig.deliveries{}"]), Is.EqualTo((2, 2, 2)));
        Assert.That(_node.LogLines.Lines[0], Does.Contain("rig/0/0").And.Contain("(too_large)"));
    }

    /// <summary>Whatever MESSAGE_MAX_BYTES is here: another node, which allows for more, may have taken it.</summary>
    [Test]
    public async Task OnRecord_LargerThanAMessageMayBe_ButNotThanAnEmptyOutbox_IsDelivered()
    {
        using var node = new TestNode(outbox: 1 << 21);
        var wire = new FakeWire();
        node.Listen(wire, "alice");
        var json = TestNode.Json("alice", 0, (1 << 21) - 2_000);
        Assert.That(json, Has.Length.GreaterThan(new MessageOptions().MaxBytes));

        await node.Push(json);

        Assert.That(await wire.Take(1), Has.All.EndsWith(json));
    }

    [Test]
    public async Task OnRecord_WithAnEscapedOrVeryLongUser_FindsTheTopic()
    {
        var wire = new FakeWire();
        var name = new string('é', 2_000);
        _node.Listen(wire, "alice", name);

        await _node.Push("""{"user":"\u0061lice"}""");
        await _node.Push($$"""{"user":"{{name}}"}""");

        Assert.That(await wire.Take(2), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task OnRecord_WithFewListenersAndNoMoreAtHand_IsWrittenByTheReaderItself()
    {
        var wires = Enumerable.Range(0, 4).Select(_ => new FakeWire()).ToList();
        wires.ForEach(wire => _node.Listen(wire, "alice"));
        await _node.Settle();

        var pushed = _node.Push(TestNode.Json("alice", 0), more: false);

        Assert.That(pushed.IsCompleted, Is.True);
        Assert.That(wires.ConvertAll(wire => wire.Lines.Length), Is.All.EqualTo(1));
    }

    [Test]
    public async Task OnPlaced_WithAGap_TellsEveryConnectionTheReasonAndTheNewPlace()
    {
        var wires = Enumerable.Range(0, 4).Select(_ => new FakeWire()).ToList();
        wires.ForEach(wire => _node.Listen(wire, "alice"));

        _node.Log.Place(0, 8, [42, 0], LogPlacement.Recreated);

        foreach (var wire in wires)
        {
            var line = (await wire.Take(1))[0].Split('|');
            Assert.That((line[0], line[2]), Is.EqualTo(("gap", """{"reason":"topic_recreated"}""")));
            Assert.That(TestNode.Offsets(line[1]), Is.EqualTo(new long[] { 42, 0 }));
        }

        Assert.That(_node.Totals["rig.log.gaps{reason=topic_recreated}"], Is.EqualTo(1));
    }

    [Test]
    public async Task OnPlaced_WithoutAGap_TellsNobody()
    {
        var wire = new FakeWire();
        _node.Listen(wire, "alice");

        _node.Log.Place(0, 7, [0, 0]);
        await _node.Push(TestNode.Json("alice", 0));

        Assert.That(await wire.Take(1), Has.All.StartsWith("message|"));
    }

    /// <summary>Of all messages, since the clients of another node may come to this one.</summary>
    [Test]
    public async Task OnRecord_IsInTheHistory_WhetherOrNotSomebodyListens()
    {
        var from = Here();
        await _node.Push(TestNode.Json("alice", 1));
        await _node.Push("garbage");
        await _node.Push(TestNode.Json("bob", 2));
        await _node.Push(TestNode.Json("alice", 3, _node.Options.OutboxMaxBytes));

        Assert.That(Missed(from), Is.EqualTo(new[] { (0L, TestNode.Json("alice", 1)), (2, TestNode.Json("bob", 2)), (3, "") }));
        _node.Log.Place(0, 8, [0], LogPlacement.Recreated);
        Assert.That(_node.History.Covers(from, Here()), Is.True, "there is nothing yet");
        await _node.Log.Push(new LogRecord(0, 0, 0, 0, Encoding.UTF8.GetBytes(TestNode.Json("bob", 4))));
        Assert.That(Missed(Here(back: 1)), Is.EqualTo(new[] { (0L, TestNode.Json("bob", 4)) }));

        Position Here(int back = 0) => TestPosition.Of(_node.FanOut.Position.Epoch(0), _node.FanOut.Position.Offsets(0)[0] - back);

        List<(long Offset, string Json)> Missed(Position since)
        {
            var missed = new List<(long, string)>();
            HashSet<string> topics = ["user:alice", "user:bob"];
            var steps = int.MaxValue;
            var answer = _node.History.Collect(since, _node.FanOut.Position, _node.History.Head, topics, ref steps, (in entry) =>
            {
                missed.Add((entry.Offset, Encoding.UTF8.GetString(entry.Json.Span)));
                return true;
            });
            Assert.That(answer, Is.EqualTo(HistoryAnswer.Complete));
            return missed;
        }
    }

    [Test]
    public async Task OnRecord_WhoseBytesAreLent_KeepsACopyForItsListeners()
    {
        var wire = new FakeWire();
        _node.Listen(wire, "alice");
        var lent = new byte[1_000];

        for (var number = 0; number < 100; number++)
        {
            lent.AsSpan().Fill((byte)'#');
            var length = Encoding.UTF8.GetBytes(TestNode.Json("alice", number), lent);
            await _node.Log.Push(new LogRecord(0, 0, number, 0, lent, More: true, length));
        }

        var lines = await wire.Take(100);
        Assert.That(lines.Select(line => line.Split('|')[2]), Is.EqualTo(Enumerable.Range(0, 100).Select(number => TestNode.Json("alice", number))));
    }

    /// <summary>H13: what ends a partition may be the marker of a transaction, which is no record.</summary>
    [Test]
    public async Task OnPassed_MovesThePosition_WithoutARecord()
    {
        var wire = new FakeWire();
        _node.Listen(wire, "alice");

        _node.Log.Pass(0, 0, 3);

        lock (_node.Registry.TotalOrder)
        {
            Assert.That(_node.FanOut.Position.Offsets(0).ToArray(), Is.EqualTo([3]));
        }

        await _node.Log.Push(new LogRecord(0, 0, 3, 0, Encoding.UTF8.GetBytes(TestNode.Json("alice", 0)), More: true));
        Assert.That(TestNode.Offsets(TestNode.Id((await wire.Take(1))[0])), Is.EqualTo([4]));
    }

    [Test]
    public void Heartbeat_WithNobodyThere_DoesNothing() => Assert.That(_node.FanOut.Heartbeat, Throws.Nothing);
}
