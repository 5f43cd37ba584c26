using NUnit.Framework;
using static RigKafka.Tests.Support.TestNode;

namespace RigKafka.Tests.Delivery;

/// <summary>A client that comes back with the oldest id again and again is bounded in what the node looks at for it.</summary>
internal sealed class ResumeBudgetTests
{
    private const int MostInAMinute = 4_000_000;

    [Test]
    public async Task Resume_FromTheHistory_AgainAndAgain_EndsWithTheBudgetOfTheUser_AndOfNoOther()
    {
        const int Messages = 10_000;
        using var node = new TestNode();
        var oldest = Here(node);
        for (var i = 0; i < Messages; i++)
        {
            await node.Push(Json("mallory", i));
        }

        var newest = Here(node);
        await node.Push(Json("mallory", Messages));
        await node.Push(Json("bob", 1));
        Assert.That(await ComeBack(node, newest, "mallory"), Is.EqualTo("message"));

        for (var looked = 0; looked < MostInAMinute; looked += Messages)
        {
            await ComeBack(node, oldest, "mallory");
        }

        Assert.That(await ComeBack(node, newest, "mallory"), Is.EqualTo("gap"));
        Assert.That(node.Totals["rig.resumes.gaps{reason=too_much}"], Is.EqualTo((MostInAMinute / Messages) + 1));
        Assert.That(await ComeBack(node, newest, "bob"), Is.EqualTo("message"));
        node.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await ComeBack(node, newest, "mallory"), Is.EqualTo("message"));
    }

    private static string Here(TestNode node) => node.FanOut.Where().Id();

    /// <summary>What the client is told first.</summary>
    private static async Task<string> ComeBack(TestNode node, string since, string user)
    {
        var wire = new FakeWire();
        await node.ComeBack(wire, since, user);
        return (await wire.Take(1))[0].Split('|')[0];
    }
}
