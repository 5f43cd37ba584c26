using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Log;
using static RigKafka.Tests.Support.TestNode;

namespace RigKafka.Tests.Delivery;

/// <summary>A client that comes back with an id gets what it missed, each once and in order, or a gap that says why not.</summary>
internal sealed class ResumptionTests
{
    [Test]
    public async Task Resume_GivesWhatWasMissed_ThenWhatIsLive_WithIdsOfTheClientsOwn()
    {
        using var node = new TestNode(partitions: 2);
        await node.Push(Json("alice", 1));
        var seen = Position(node);
        await node.Push(Json("bob", 2), partition: 1);
        await node.Push(Json("alice", 3), partition: 1);
        await node.Push(Json("alice", 4));
        var wire = new FakeWire();

        await node.ComeBack(wire, seen, "alice");
        await node.Push(Json("alice", 5));
        await node.Push(Json("bob", 6));

        var lines = await wire.Take(3);
        Assert.That(lines.Select(Number), Is.EqualTo([3, 4, 5]));
        // Of its own, since it has not been given what is in the other partition up to there.
        Assert.That(lines.Select(line => Offsets(Id(line))), Is.EqualTo(new long[][] { [1, 2], [2, 2], [3, 2] }));
    }

    [Test]
    public async Task Resume_WhatIsLiveWaitsForWhatWasMissed()
    {
        using var node = new TestNode();
        var seen = Position(node);
        await node.Push(Json("alice", 1));
        var wire = new FakeWire();
        var connection = node.Listen(wire);
        var (hold, here) = node.JoinOnHold(connection, "alice");

        await node.Push(Json("alice", 2));
        await node.Settle();
        Assert.That(wire.Lines, Is.Empty);

        await node.Resume(hold, here, seen, "alice");
        await node.Push(Json("alice", 3));

        Assert.That((await wire.Take(3)).Select(Number), Is.EqualTo([1, 2, 3]));
    }

    [Test]
    public async Task Resume_MoreThanMayWait_IsAGap_AndGoesOnFromThere()
    {
        using var node = new TestNode(outbox: 1 << 14);
        var seen = Position(node);
        for (var i = 0; i < 20; i++)
        {
            await node.Push(Json("alice", i, pad: 1_000));
        }

        var here = Position(node);
        var wire = new FakeWire();

        await node.ComeBack(wire, seen, "alice");
        await node.Push(Json("alice", 20));

        Assert.That(await wire.Take(2), Is.EqualTo([
            Line("gap", here, """{"reason":"too_much"}"""),
            Line("message", Position(node), Json("alice", 20))]));
        Assert.That(node.Totals["rig.resumes.gaps{reason=too_much}"], Is.EqualTo(1));
    }

    [Test]
    public async Task Resume_HeldEventsThatAreTooMany_AreAGap_WhoseIdIsAfterTheLastOfThem()
    {
        using var node = new TestNode(outbox: 1 << 14);
        var seen = Position(node);
        var wire = new FakeWire();
        var connection = node.Listen(wire);
        var (hold, here) = node.JoinOnHold(connection, "alice");

        for (var i = 0; i < 20; i++)
        {
            await node.Push(Json("alice", i, pad: 1_000));
        }

        var last = Position(node);
        await node.Push(Json("bob", 0));
        await node.Settle();
        await node.Resume(hold, here, seen, "alice");

        Assert.That(await wire.Take(1), Is.EqualTo([Line("gap", last, """{"reason":"too_much"}""")]));
        Assert.That(connection.Closed.IsCompleted, Is.False);
    }

    [TestCase("1", "unknown_position")]
    [TestCase("2AAAA", "unknown_position")]
    [TestCase("1AAAACAEA", "topic_recreated")]
    [TestCase("1AAAABwEB", "log_truncated")]
    public async Task Resume_FromAnIdThatSaysNothingHere_IsAGap_WithTheIdFromWhichAllComes(string id, string reason)
    {
        using var node = new TestNode();
        var wire = new FakeWire();

        await node.ComeBack(wire, id, "alice");

        Assert.That(await wire.Take(1), Is.EqualTo([Line("gap", Position(node), $$"""{"reason":"{{reason}}"}""")]));
    }

    [Test]
    public async Task Resume_WithNothingMissed_SaysNothing()
    {
        using var node = new TestNode();
        var wire = new FakeWire();
        await node.Push(Json("alice", 1));

        await node.ComeBack(wire, Position(node), "alice");
        await node.Push(Json("alice", 2));

        Assert.That((await wire.Take(1)).Select(Number), Is.EqualTo([2]));
    }

    /// <summary>A pass reads for several, and ends early if retention takes what one of them needs.</summary>
    [TestCase(1, "message")]
    [TestCase(3, "gap||{\"reason\":\"busy\"}")]
    public async Task Resume_InAPassThatLosesWhatOnlyOthersNeed_ReadsAgain_AndIsNotToldOfALoss(int passes, string expected)
    {
        using var node = new TestNode(history: 0);
        var seen = await MissOne(node);
        Enumerable.Repeat(LogPlacement.Retention, passes).ToList().ForEach(node.Log.Lost.Enqueue);
        var wire = new FakeWire();

        await ComeBackInTime(node, wire, seen);

        var line = (await wire.Take(1)).Single();
        Assert.That(line.Replace(TestNode.Id(line), "", StringComparison.Ordinal), Does.StartWith(expected));
    }

    /// <summary>A pass that ended since its log was cut: what that means for one of those that it was for is seen by where the log is now.</summary>
    [TestCase(1u, 1, LogPlacement.Truncated)]
    [TestCase(2u, 0, LogPlacement.Recreated)]
    [TestCase(0u, 0, IMessageLog.Busy)]
    public async Task Resume_InAPassThatEndedEarly_IsToldTheLossOfItsOwn(uint epoch, int end, string reason)
    {
        using var node = new TestNode(history: 0);
        node.Log.Keeps = true;
        node.Log.Place(0, 1, [0]);
        var seen = Position(node);
        await node.Push(Json("alice", 1));
        await node.Push(Json("alice", 2));
        node.Log.End = node.FanOut.Where();
        node.Log.Lost.Enqueue(LogPlacement.Truncated);
        var asked = 0;
        node.Log.OnBounds = () =>
        {
            if (++asked == 2)
            {
                node.Log.End = epoch == 0 ? null : node.FanOut.Where().Copy();
                node.Log.End?.Place(0, epoch, [end]);
            }
        };
        var wire = new FakeWire();

        await ComeBackInTime(node, wire, seen);

        Assert.That(await wire.Take(1), Is.EqualTo([Line("gap", Position(node), $$"""{"reason":"{{reason}}"}""")]));
    }

    /// <summary>An id is what a client says, and those who share its pass must not suffer for it.</summary>
    [TestCase(0, 0)]
    [TestCase(long.MaxValue, long.MaxValue)]
    public async Task Resume_FromAnIdWithPartitionsThatThereAreNot_HarmsNobodyElse(long first, long second)
    {
        using var node = new TestNode(history: 0);
        var seen = await MissOne(node);
        var (forger, wire) = (new FakeWire(), new FakeWire());

        var forged = node.ComeBack(forger, TestPosition.Of(7, 0, first, second).Id(), "alice");
        await ComeBackInTime(node, wire, seen);
        await forged;

        Assert.That((await wire.Take(1)).Select(Number), Is.EqualTo([1]));
        var told = (await forger.Take(1)).Single();
        Assert.That(told, first == 0 ? Does.StartWith("message") : Is.EqualTo(Line("gap", Position(node), """{"reason":"log_truncated"}""")));
    }

    [Test]
    public async Task Resume_OfAClientThatHasGone_IsCountedAsNothing()
    {
        using var node = new TestNode(history: 0);
        var seen = await MissOne(node);
        var connection = node.Listen(new FakeWire());
        var (hold, here) = node.JoinOnHold(connection, "alice");
        var resuming = node.Resume(hold, here, seen, "alice");

        connection.Close(CloseReason.ClientGone);
        await resuming.Soon();

        Assert.That(node.Totals["rig.resumes{outcome=gap}"] + node.Totals["rig.resumes.gaps{reason=busy}"], Is.Zero);
    }

    /// <summary>Comes back while time goes by.</summary>
    /// <summary>A client of this node, whose log keeps everything, misses a message. Returns where it was.</summary>
    private static async Task<string> MissOne(TestNode node)
    {
        node.Log.Keeps = true;
        var seen = Position(node);
        await node.Push(Json("alice", 1));
        node.Log.End = node.FanOut.Where();
        return seen;
    }

    private static async Task ComeBackInTime(TestNode node, FakeWire wire, string seen)
    {
        var resuming = node.ComeBack(wire, seen, "alice");
        await Wait.Until(
            () =>
            {
                node.Time.Advance(TimeSpan.FromMilliseconds(100));
                return resuming.IsCompleted;
            },
            "it has its answer");
    }

    private static int Number(string line) => int.Parse(line.Split("\"n\":")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture);

    private static string Position(TestNode node) => node.FanOut.Where().Id();
}
