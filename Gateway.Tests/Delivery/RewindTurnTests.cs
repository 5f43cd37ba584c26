using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Delivery;

/// <summary>Who goes first, where some need much and others little.</summary>
internal sealed class RewindTurnTests : RewindFixture
{
    /// <summary>H6.</summary>
    [Test]
    public async Task Read_ByOneWithAnOldId_DoesNotHoldUpTheOthers()
    {
        var old = Ask(0, 1_000, "old");
        var few = Ask(990, 1_000, "few");
        var more = Ask(960, 1_000, "more");
        var tooManyForThat = Ask(959, 1_000, "too-many");

        var first = await NextPass();
        Assert.That(first.Range, Is.EqualTo((960, 1_000)));
        first.End();
        Assert.That(await Task.WhenAll(few.Answer, more.Answer).Soon(), Has.All.Null);
        Assert.That((old.Answer.IsCompleted, tooManyForThat.Answer.IsCompleted), Is.EqualTo((false, false)));

        var second = await NextPass();
        Assert.That(second.Range, Is.EqualTo((959, 1_000)));
        var latecomer = Ask(995, 1_000, "late");
        second.End();
        Assert.That(await tooManyForThat.Answer.Soon(), Is.Null);

        var third = await NextPass();
        Assert.That(third.Range, Is.EqualTo((995, 1_000)), "the smallest need goes first");
        third.End();
        Assert.That(await latecomer.Answer.Soon(), Is.Null);
        (await NextPass()).End();
        Assert.That(await old.Answer.Soon(), Is.Null);
    }

    [Test]
    public async Task Read_ByOneWithAnOldId_IsNotHeldUpForGood_ByThoseWhoKeepComing()
    {
        var old = Ask(0, 1_000, "old");
        for (var i = 0; i < 40 && !old.Answer.IsCompleted; i++)
        {
            Ask(999, 1_000, $"user-{i}");
            var pass = await NextPass();
            Time.Advance(TimeSpan.FromSeconds(1));
            pass.End();
        }

        Assert.That(await old.Answer.Soon(), Is.Null);
    }

    [Test]
    public async Task Read_AfterAPassForOneThatHadWaited_IsForTheSmallestNeedAgain()
    {
        var old = Ask(0, 1_000, "old");
        var few = Ask(999, 1_000, "few");
        var pass = await NextPass();
        Time.Advance(TimeSpan.FromSeconds(11));
        pass.End();
        pass = await NextPass();
        Assert.That(pass.Range, Is.EqualTo((0, 1_000)), "it has waited");
        Ask(1, 1_000, "another");
        Ask(999, 1_000, "another-few");
        Time.Advance(TimeSpan.FromSeconds(11));
        pass.End();

        Assert.That((await NextPass()).Range, Is.EqualTo((999, 1_000)));
        Assert.That(await Task.WhenAll(old.Answer, few.Answer).Soon(), Has.All.Null);
    }

    [Test]
    public async Task Read_ByOneThatHadWaited_AndMayNotRead_IsForTheSmallestNeed()
    {
        for (var i = 0; i < 4; i++)
        {
            Ask(0, 1_000, "old");
            (await NextPass()).End();
        }

        var refused = Ask(0, 1_000, "old");
        Ask(999, 1_000, "first");
        var pass = await NextPass();
        Time.Advance(TimeSpan.FromSeconds(11));
        Ask(500, 1_000, "much");
        Ask(999, 1_000, "little");
        pass.End();

        pass = await NextPass();
        Assert.That(pass.Range, Is.EqualTo((999, 1_000)));
        Assert.That(await refused.Answer.Soon(), Is.EqualTo(Hold.TooMuch));
        Time.Advance(TimeSpan.FromSeconds(11));
        Ask(999, 1_000, "late");
        pass.End();

        Assert.That((await NextPass()).Range, Is.EqualTo((500, 1_000)), "it was not led by one that had waited");
    }
}
