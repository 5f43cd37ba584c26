using NUnit.Framework;
using RigKafka.Delivery;
using RigKafka.Messages;

namespace RigKafka.Tests.Delivery;

/// <summary>A node that is behind a client that comes back waits until it has read as far, unless it never will.</summary>
internal sealed class ResumptionWaitTests
{
    [Test]
    public async Task HasReached_OfAClientThatIsAhead_WaitsForTheNode()
    {
        using var node = new TestNode();

        var reached = HasReached(node, TestPosition.Of(7, 1));
        Assert.That(reached.IsCompleted, Is.False);
        await node.Push(TestNode.Json("bob", 1));
        node.Time.Advance(TimeSpan.FromMilliseconds(10));

        Assert.That(await reached.Soon(), Is.True);
    }

    /// <summary>To ask where the log ends has the node look for what it does not know.</summary>
    [Test]
    public async Task HasReached_OfAClientThatHasAPartitionWhichTheNodeDoesNotKnow_AsksTheLogAtOnce()
    {
        using var node = new TestNode();
        node.Log.OnBounds = () => node.Log.Place(0, 7, [0, 1]);

        var reached = HasReached(node, TestPosition.Of(7, 0, 1));
        node.Time.Advance(TimeSpan.FromMilliseconds(10));

        Assert.That(await reached.Soon(), Is.True);
    }

    [TestCase("user:alice", false)]
    [TestCase("role:support", true)]
    public async Task HasReached_OfANodeThatStaysBehind_IsFalse_AfterTheWait_UnlessNoMessageCanBeMissed(string topic, bool expected)
    {
        using var node = new TestNode();
        node.Log.End = TestPosition.Of(7, 1);

        Assert.That(await HasReachedInTime(node, TestPosition.Of(7, 1), topic), Is.EqualTo(expected));
    }

    [Test]
    public async Task HasReached_OfANodeThatHasNotNoticedThatATopicWasCreatedAgain_IsFalse()
    {
        using var node = new TestNode();
        node.Log.End = TestPosition.Of(8, 3);

        Assert.That(await HasReachedInTime(node, TestPosition.Of(8, 3)), Is.False);
    }

    [Test]
    public async Task HasReached_OfATopicThatIsNoMore_IsTrueAtOnce_ForAGap()
    {
        using var node = new TestNode();
        node.Log.End = node.FanOut.Where();

        var reached = HasReached(node, TestPosition.Of(6, 3));
        Assert.That(reached.IsCompleted, Is.True);
        Assert.That(await reached.Soon(), Is.True);
    }

    /// <summary>The node has not noticed that the topic is another, and what the client is ahead by will never be read.</summary>
    [Test]
    public async Task HasReached_OfAnIdBeyondTheNode_InATopicThatWasCreatedAgain_IsFalse()
    {
        using var node = new TestNode();
        node.Log.End = TestPosition.Of(8, 0);

        Assert.That(await HasReachedInTime(node, TestPosition.Of(7, 3)), Is.False);
    }

    [TestCase(0, true)]
    [TestCase(3, false)]
    public async Task HasReached_OfAnIdBeyondTheNode_IsTrue_OnlyIfThatWasCutOff(int end, bool expected)
    {
        using var node = new TestNode();
        node.Log.End = TestPosition.Of(7, end);

        Assert.That(await HasReachedInTime(node, TestPosition.Of(7, 3)), Is.EqualTo(expected));
    }

    /// <summary>Else the gap would name a position from which on the client is given again what it has.</summary>
    [TestCase(0, false)]
    [TestCase(1, true)]
    public async Task HasReached_OfAnIdThatIsCutOffInPart_IsTrue_OnlyWhereTheNodeHasReadTheRest(int read, bool expected)
    {
        using var node = new TestNode();
        node.Log.End = TestPosition.Of(7, 1);
        for (var n = 0; n < read; n++)
        {
            await node.Push(TestNode.Json("bob", n));
        }

        Assert.That(await HasReachedInTime(node, TestPosition.Of(7, 3)), Is.EqualTo(expected));
    }

    [Test]
    public async Task HasReached_OfAnIdThatIsCutOffInPart_WaitsForTheNodeToReadTheRest()
    {
        using var node = new TestNode();
        node.Log.End = TestPosition.Of(7, 1);
        var asked = new TaskCompletionSource();
        node.Log.OnBounds = asked.SetResult;

        var reached = HasReached(node, TestPosition.Of(7, 3));
        node.Time.Advance(TimeSpan.FromMilliseconds(new ResumeOptions().WaitMs));
        await asked.Task.Soon();
        await node.Push(TestNode.Json("bob", 1));
        await Wait.Until(
            () =>
            {
                node.Time.Advance(TimeSpan.FromMilliseconds(10));
                return reached.IsCompleted;
            },
            "it has looked again");

        Assert.That(await reached, Is.True);
    }

    private static Task<bool> HasReached(TestNode node, Position since, string topic = "user:alice") =>
        node.Resumption.HasReached(Since.Of(since.Id()), [topic]).AsTask();

    private static async Task<bool> HasReachedInTime(TestNode node, Position since, string topic = "user:alice")
    {
        var reached = HasReached(node, since, topic);
        await Wait.Until(
            () =>
            {
                node.Time.Advance(TimeSpan.FromMilliseconds(100));
                return reached.IsCompleted;
            },
            "it has read as far, or has waited long enough");
        return await reached;
    }
}
