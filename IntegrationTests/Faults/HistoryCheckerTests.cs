using NUnit.Framework;
using RigKafka.Log;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>The checker notices what it is there for; else a clean table would say nothing.</summary>
internal sealed class HistoryCheckerTests
{
    private static readonly Publication[] Published =
    [
        new("a", 0, [AppendOutcome.Stored]),
        new("a", 1, [AppendOutcome.Stored]),
        new("a", 2, [AppendOutcome.NotStored]),
        new("a", 3, [AppendOutcome.Unknown, AppendOutcome.Stored]),
        new("a", 4, [AppendOutcome.Unknown, AppendOutcome.NotStored]),
        new("a", 5, [AppendOutcome.Stored]),
        new("b", 0, [AppendOutcome.Stored]),
    ];

    [TestCase(new[] { 0, 1, 3, 5 })]
    [TestCase(new[] { 0, 1, 3, 3, 5 })]
    [TestCase(new[] { 0, 1, 3, 4, 5 })]
    [TestCase(new[] { 0, 1, 3, 4, 4, 5 })]
    public void Check_OfWhatIsAllowed_IsClean(int[] numbers)
    {
        var report = Check(numbers);

        Assert.That(report.IsClean, Is.True, report.ToString());
        Assert.That((report.Acknowledged, report.Delivered), Is.EqualTo((5, numbers.Length + 1)));
    }

    [TestCase(new[] { 0, 3, 5 }, "lost: a/1; twice: ; out of order: ; though not stored: ")]
    [TestCase(new[] { 0, 1, 5 }, "lost: a/3; twice: ; out of order: ; though not stored: ")]
    [TestCase(new[] { 0, 1, 3 }, "lost: a/5; twice: ; out of order: ; though not stored: ")]
    [TestCase(new int[0], "lost: a/0 a/1 a/3 a/5; twice: ; out of order: ; though not stored: ")]
    [TestCase(new[] { 0, 1, 1, 3, 5 }, "lost: ; twice: a/1; out of order: ; though not stored: ")]
    [TestCase(new[] { 0, 1, 3, 0, 5 }, "lost: ; twice: a/0; out of order: ; though not stored: ")]
    [TestCase(new[] { 1, 0, 3, 5 }, "lost: ; twice: ; out of order: a/0; though not stored: ")]
    [TestCase(new[] { 0, 1, 5, 3 }, "lost: ; twice: ; out of order: a/3; though not stored: ")]
    [TestCase(new[] { 0, 1, 2, 3, 5 }, "lost: ; twice: ; out of order: ; though not stored: a/2")]
    [TestCase(new[] { 0, 1, 3, 5, 6 }, "lost: ; twice: ; out of order: ; though not stored: a/6")]
    public void Check_OfWhatIsNot_NamesIt(int[] numbers, string expected)
    {
        var report = Check(numbers);

        Assert.That(report.IsClean, Is.False);
        Assert.That(report.ToString(), Is.EqualTo(expected));
    }

    [Test]
    public void Check_OfOneStreamAmongSeveral_NoticesWhatOnlyThatOneLacks()
    {
        var report = HistoryChecker.Check(Published, [new Hearing("b", [0]), new Hearing("b", []), new Hearing("a", [0, 1, 3, 5])]);

        Assert.That(report.Lost, Is.EqualTo(["b/0"]));
    }

    private static HistoryReport Check(int[] numbers) => HistoryChecker.Check(Published, [new Hearing("a", numbers), new Hearing("b", [0])]);
}
