using NUnit.Framework;

namespace RigKafka.Tests.Delivery;

/// <summary>
/// Whatever happens, a client that comes back gets each of its messages once, those of a partition in order, or is told before that it may
/// not. A failing seed prints its story, and can be run alone by its number.
/// </summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class ResumeStoryTests
{
    private const string SeedsVariable = "RIG_RESUME_SEEDS";

    private const int SeedsOtherwise = 20;

    private const int ShownLines = 60;

    private static IEnumerable<int> Seeds => ResumeSeeds.Of(SeedsVariable, SeedsOtherwise);

    [TestCaseSource(nameof(Seeds))]
    public async Task Story_LeavesNothingLost_Twice_OutOfOrder_OrUntold(int seed)
    {
        await using var story = new ResumeStory(seed);

        await story.Run();

        TestContext.Out.WriteLine($"seed | {ResumeTotals.Header}{Environment.NewLine}{seed,4} | {story.Totals.Row}");
        Assert.That(story.Faults, Is.Empty, () => string.Join(Environment.NewLine, story.Told.TakeLast(ShownLines)));
    }
}
