using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Chaos;

/// <summary>The judge finds what is wrong with a history, and nothing where nothing is.</summary>
internal sealed class LogJudgeTests
{
    private const uint Epoch = 1;

    private static readonly string First = TestPosition.Of(Epoch, 10, 10).Id();

    /// <summary>Two partitions: of the first 0 stands before the client's first id.</summary>
    private static readonly LogJudge Judge = new(Epoch,
    [
        At(0, 9, 0), At(0, 10, 1), At(0, 12, 2), At(0, 13, 3), At(1, 11, 4), new WrittenRecord(1, 12, null, """{"user":"bob","n":5}""", []),
    ]);

    [TestCase(new[] { 1, 2, 3, 4 })]
    [TestCase(new[] { 1, 4, 2, 3 })]
    [TestCase(new[] { 0, 1, 2, 3, 4 })]
    public void WholeHistory_HasNoFault(int[] numbers) => Assert.That(Of(numbers).IsClean, Is.True);

    [TestCase(new[] { 1, 3, 4 }, "lost: alice 2 at 0/12")]
    [TestCase(new[] { 1, 2, 3 }, "lost: alice 4 at 1/11")]
    [TestCase(new[] { 1, 2, 2, 3, 4 }, "twice: alice 2")]
    [TestCase(new[] { 1, 3, 2, 4 }, "out of order: alice 2 at 0/12")]
    [TestCase(new[] { 1, 2, 3, 4, 5 }, "others: alice 5")]
    public void Fault_IsFound(int[] numbers, string found) => Assert.That(Of(numbers).ToString(), Is.EqualTo(found));

    [TestCase(1, 13, true)]
    [TestCase(1, 12, false)]
    [TestCase(0, 13, false)]
    [TestCase(2, 13, false)]
    public void Loss_IsTold_WhereTheGapIs(int after, long next, bool isTold)
    {
        var verdict = Of([1, 3, 4], new HeardGap(after, "busy", TestPosition.Of(Epoch, next, 10).Id()));

        Assert.That((verdict.Lost.Count, verdict.LostWithAGap.Count), Is.EqualTo(isTold ? (0, 1) : (1, 0)));
        Assert.That(verdict.Row, Does.EndWith("busy 1"));
    }

    [Test]
    public void SomeOfAHistory_HasItsGapsWhereTheyWere()
    {
        var some = Heard([1, 20, 3, 4], new HeardGap(2, "busy", First)).Only(number => number < 10);

        Assert.That(some.Numbers, Is.EqualTo([1, 3, 4]));
        Assert.That(some.Gaps.Single().After, Is.EqualTo(1));
    }

    [Test]
    public void ClientThatIsNotIn_IsDead() =>
        Assert.That(Judge.Judge([new ClientHistory("carol", false, null, [], [], [], 0)], []).ToString(), Is.EqualTo("dead: carol"));

    [Test]
    public void MessageThatWasAccepted_AndIsNotInTheLog_IsFound() =>
        Assert.That(Judge.Judge([], [("alice", 1), ("alice", 7)]).ToString(), Is.EqualTo("202, not in the log: alice 7"));

    [Test]
    public void MessageThatStandsInTheLogTwice_IsHeardTwice()
    {
        var judge = new LogJudge(Epoch, [At(0, 10, 1), At(0, 11, 1)]);

        Assert.That(judge.Judge([Heard([1, 1])], []).IsClean, Is.True);
        Assert.That(judge.Judge([Heard([1])], []).ToString(), Is.EqualTo("lost: alice 1 at 0/11"));
    }

    private static Verdict Of(int[] numbers, params HeardGap[] gaps) => Judge.Judge([Heard(numbers, gaps)], []);

    private static ClientHistory Heard(int[] numbers, params HeardGap[] gaps) => new("alice", true, First, numbers, gaps, [], 0);

    private static WrittenRecord At(int partition, long offset, int number) => new(partition, offset, null, $$"""{"user":"alice","n":{{number}}}""", []);
}
