using System.Text;
using NUnit.Framework;
using RigKafka.Delivery;
using RigKafka.Log;

namespace RigKafka.Tests.Delivery;

/// <summary>What is found in a history, and what it costs to look.</summary>
internal sealed class HistoryTests
{
    [Test]
    public void Collect_GivesTheMessagesOfItsTopics_OldestFirst_FromThereOn()
    {
        var node = new HistoryNode(partitions: 2);
        node.Write("alice", 0);
        var from = node.Here;
        node.Write("alice", 1);
        node.Write("bob", 0);
        node.Write("carol", 1);
        node.Write("alice", 0);

        var found = node.Collect(from, "alice", "carol", "nobody");

        Assert.That(found.Answer, Is.EqualTo(HistoryAnswer.Complete));
        Assert.That(found.Entries.Select(entry => (entry.Topic, entry.Partition, entry.Offset)), Is.EqualTo(new[]
        {
            ("user:alice", 1, 0L), ("user:carol", 1, 1L), ("user:alice", 0, 2L),
        }));
        Assert.That(found.Texts, Is.EqualTo(new[] { HistoryNode.Json("alice", 1), HistoryNode.Json("carol", 3), HistoryNode.Json("alice", 4) }));
        Assert.That(found.Entries.Select(entry => entry.Timestamp), Is.EqualTo(new[] { 1L, 3, 4 }));
    }

    [Test]
    public void Collect_EndsAtItsHead()
    {
        var node = new HistoryNode();
        node.Write("alice");
        var (to, head) = (node.Here, node.History.Head);
        node.Write("alice");

        Assert.That(node.Collect(node.Zero, to, head, "alice").Entries, Has.Count.EqualTo(1));
    }

    [Test]
    public void Write_CountsFromCommitOn()
    {
        var node = new HistoryNode();
        var head = node.History.Head;
        node.Write("alice");

        Assert.That(node.History.Head, Is.GreaterThan(head));
        Assert.That(node.Collect(node.Zero, node.Position, head, "alice").Entries, Is.Empty);
    }

    [Test]
    public void Write_OfAMessageTooLargeForAnyOutbox_IsFoundWithoutItsJson()
    {
        var node = new HistoryNode();
        node.History.Write(new LogRecord(0, 0, 0, 9, null), "user:ålice", []);
        node.Commit(0, 1);

        var entry = node.Collect(node.Zero, "ålice", "bob").Entries.Single();

        Assert.That((entry.Topic, entry.Offset, entry.Json.Length), Is.EqualTo(("user:ålice", 0, 0)));
    }

    [Test]
    public void Collect_WhereAllUsersHaveOneHash_GivesEachItsOwn()
    {
        var node = new HistoryNode(hash: _ => 3);
        foreach (var user in new[] { "alice", "bob", "alice", "carol", "bob", "alice" })
        {
            node.Write(user);
        }

        Assert.That(node.Collect(node.Zero, "bob", "alice").Entries.Select(entry => (entry.Topic, entry.Offset)), Is.EqualTo(new[]
        {
            ("user:alice", 0L), ("user:bob", 1), ("user:alice", 2), ("user:bob", 4), ("user:alice", 5),
        }));
        Assert.That(node.Collect(node.Zero, "dave").Entries, Is.Empty);
    }

    [TestCase("""{"user":"\u0061lice"}""", "alice")]
    [TestCase("""{"user":7}""", "7")]
    [TestCase("""{"user":null}""", "")]
    public void Collect_FindsUsersAsTheFanOutDoes(string json, string user)
    {
        var node = new HistoryNode();
        node.History.Write(new LogRecord(0, 0, 0, 9, null), "user:" + user, Encoding.UTF8.GetBytes(json));
        node.Commit(0, 1);

        Assert.That(node.Collect(node.Zero, user).Texts, Is.EqualTo(new[] { json }));
    }

    [Test]
    public void Collect_TakesNoMoreThanItMay()
    {
        var node = new HistoryNode();
        for (var i = 0; i < 10; i++)
        {
            node.Write("alice");
        }

        Assert.That(node.Collect(node.Zero, node.Position, node.History.Head, 9, "alice").Answer, Is.EqualTo(HistoryAnswer.TooMuch));
        Assert.That(node.Collect(node.Zero, node.Position, node.History.Head, 10, "alice").Answer, Is.EqualTo(HistoryAnswer.Complete));
        var (taken, steps) = (0, 100);
        var answer = node.History.Collect(node.Zero, node.Position, node.History.Head, new HashSet<string> { "user:alice" }, ref steps, (in _) => ++taken < 3);
        Assert.That((answer, taken, steps), Is.EqualTo((HistoryAnswer.TooMuch, 3, 90)));
    }

    /// <summary>The steps are of what is younger than the position, and a 1/512 of the ring: not of the whole chain.</summary>
    [Test]
    public void Collect_OfAHotUser_StopsAtTheNewestMarkBeforeItsPosition()
    {
        var node = new HistoryNode(bytes: 1 << 20, partitions: 3);
        for (var i = 0; i < 100_000; i++)
        {
            node.Write("hot", i % 3);
        }

        var before = node.At(node.Position.Offsets(0).ToArray().Select(offset => offset - 10).ToArray());
        var found = node.Collect(before, node.Position, node.History.Head, 30 + ((1 << 20) / 512 / 64), "hot");

        Assert.That((found.Answer, found.Entries.Count), Is.EqualTo((HistoryAnswer.Complete, 30)));
    }

    [Test]
    public void Metrics_SayWhatIsHeld()
    {
        var node = new HistoryNode(bytes: 4096);
        Assert.That((node.History.Messages, node.History.Oldest), Is.EqualTo((0L, (long?)null)));
        for (var i = 0; i < 1000; i++)
        {
            node.Write("alice");
        }

        var (bytes, messages) = (node.History.Bytes, node.History.Messages);
        Assert.That(bytes, Is.InRange(3_500, 4_096));
        Assert.That(messages, Is.InRange(bytes / 88, bytes / 64));
        Assert.That(node.History.Oldest, Is.EqualTo(1000 - messages));
    }
}
