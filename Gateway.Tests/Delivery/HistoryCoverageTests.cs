using NUnit.Framework;
using RigKafka.Delivery;
using RigKafka.Log;

namespace RigKafka.Tests.Delivery;

/// <summary>How far back a history reaches: not to what was overwritten, nor to what a topic was before it was placed anew.</summary>
internal sealed class HistoryCoverageTests
{
    [Test]
    public void Covers_EndsWithWhatIsOverwritten()
    {
        var node = new HistoryNode(bytes: 1024, partitions: 2);
        node.Write("bob", 1);
        while (node.History.Covers(node.Zero, node.Position))
        {
            node.Write("alice", 0);
        }

        var (partly, all) = (node.At(node.Position.Offsets(0)[0] - 1, 1), node.At(node.Position.Offsets(0)[0], 0));
        Assert.That(node.History.Covers(partly, node.Position), Is.True);
        Assert.That(node.History.Covers(all, node.Position), Is.False, "bob's is gone");
        Assert.That(node.Collect(partly, "alice").Entries, Has.Count.EqualTo(1));
        Assert.That(node.Collect(all, "bob").Answer, Is.EqualTo(HistoryAnswer.Overwritten));
    }

    [Test]
    public void Covers_WhenItIsOff_OnlyWhatIsNothing()
    {
        var node = new HistoryNode(bytes: 0);
        node.Write("alice");

        Assert.That(node.History.IsOn, Is.False);
        Assert.That(node.History.Covers(node.Zero, node.Position), Is.False);
        Assert.That(node.History.Covers(node.Position, node.Position), Is.True);
        Assert.That(node.Collect(node.Position, "alice").Answer, Is.EqualTo(HistoryAnswer.Complete));
        Assert.That((node.History.Bytes, node.History.Messages, node.History.Oldest), Is.EqualTo((0L, 0L, (long?)null)));
    }

    [Test]
    public void Write_LargerThanTheRing_IsNotThere_AndStartSaysSo()
    {
        var node = new HistoryNode(bytes: 1024);
        node.Write("alice");
        node.Write("alice", pad: 2_000);
        node.Write("alice");

        Assert.That(node.History.Covers(node.At(1), node.Position), Is.False);
        Assert.That(node.Collect(node.At(2), "alice").Entries, Has.Count.EqualTo(1));
    }

    /// <summary>H2: what was there in an earlier incarnation of the topic has the same offsets.</summary>
    [Test]
    public void Place_OfARecreatedTopic_LeavesNothingOfTheEarlierOne()
    {
        var node = new HistoryNode();
        node.Write("alice");
        node.Write("alice");
        var (from, to, head) = (node.Zero, node.Here, node.History.Head);

        node.Place(8, [0], LogPlacement.Recreated);
        node.Write("bob");
        node.Write("alice");

        Assert.That(node.Collect(from, to, head, "alice").Answer, Is.EqualTo(HistoryAnswer.Overwritten));
        Assert.That(node.Collect(node.Zero, "alice").Entries.Select(entry => entry.Offset), Is.EqualTo([1L]));
    }

    /// <summary>H2: after an unclean election other records stand at the same offsets.</summary>
    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    public void Place_AfterATruncation_LeavesNothingOfTheLostEnd(int kept)
    {
        var node = new HistoryNode();
        node.Write("alice");
        node.Write("alice");
        var (to, head) = (node.Here, node.History.Head);

        node.Place(7, [kept], LogPlacement.Truncated);
        Assert.That(node.Collect(node.Zero, to, head, "alice").Answer, Is.EqualTo(HistoryAnswer.Overwritten));
        node.Write("bob");
        node.Write("alice");

        Assert.That(node.Collect(node.Zero, to, head, "alice").Answer, Is.EqualTo(HistoryAnswer.Overwritten));
        Assert.That(node.Collect(node.At(kept), "alice").Entries.Select(entry => entry.Offset), Is.EqualTo(new[] { kept + 1L }));
        Assert.That(node.History.Covers(node.At(kept), node.Position), Is.True);
    }

    [Test]
    public void Place_WhereAPartitionIsAdded_LeavesTheOthers()
    {
        var node = new HistoryNode(partitions: 1);
        node.Write("alice");
        node.Place(7, [1, 5]);
        node.Write("alice", 1);

        Assert.That(node.Collect(node.At(0, 5), "alice").Entries.Select(entry => (entry.Partition, entry.Offset)), Is.EqualTo(new[] { (0, 0L), (1, 5L) }));
        Assert.That(node.Collect(node.At(0, 4), "alice").Answer, Is.EqualTo(HistoryAnswer.Overwritten));
    }

    [Test]
    public void Lower_OfWhatWasFoundEmpty_MovesTheStart_IfItHasNotRisenSince()
    {
        var node = new HistoryNode(next: 100);
        node.Write("alice");
        var (from, found) = (node.At(90), node.At(100));

        node.History.Lower(0, 0, node.At(90), node.At(99));
        Assert.That(node.History.Covers(from, node.Position), Is.False, "100 is beyond what was read");
        node.History.Lower(0, 0, from, found);
        Assert.That(node.History.Covers(from, node.Position), Is.True);
        Assert.That(node.History.Covers(node.At(89), node.Position), Is.False);
        Assert.That(node.Collect(from, "alice").Entries, Has.Count.EqualTo(1));

        node.Place(8, [95], LogPlacement.Recreated);
        node.Write("alice");
        node.History.Lower(0, 0, from, found);
        Assert.That(node.History.Covers(node.At(94), node.Position), Is.False, "that was the topic before");
    }
}
