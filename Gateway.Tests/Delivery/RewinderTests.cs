using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Log;

namespace RigKafka.Tests.Delivery;

/// <summary>Who is read for, when, and who is told that there is a gap instead.</summary>
internal sealed class RewinderTests : RewindFixture
{
    [Test]
    public async Task Read_ByTenThousandClients_IsOnePass_AndEachGetsItsOwn()
    {
        var clients = Enumerable.Range(0, 10_000).Select(i => Ask(100 + (i % 3), 200, $"user-{i}")).ToList();

        var pass = await NextPass();
        Assert.That(pass.Range, Is.EqualTo((100, 200)));
        for (var i = 0; i < clients.Count; i += 100)
        {
            pass.Give(Record(100, $"user-{i}"), Record(102, $"user-{i}"), Record(200, $"user-{i}"));
        }

        pass.End();

        Assert.That(await Task.WhenAll(clients.Select(client => client.Answer)).Soon(), Has.All.Null);
        for (var i = 0; i < clients.Count; i++)
        {
            Assert.That(clients[i].Offsets, Is.EqualTo(i % 100 != 0 ? [] : i % 3 == 0 ? new long[] { 100, 102 } : [102]), $"user-{i}");
        }

        Assert.That((Totals["rig.rewind.passes{}"], Totals["rig.rewind.records{}"]), Is.EqualTo((1, 300)));
        Assert.That(Lines.Texts, Has.Count.EqualTo(1).And.All.Match("^Read 300 records of the log once more for 10000 clients that came back, in [0-9]+ ms: complete[.]$"));
    }

    [Test]
    public async Task Read_OfNothing_IsCompleteAtOnce()
    {
        Assert.That(await Ask(5, 5).Answer.Soon(), Is.Null);
        Assert.That(await Ask(6, 5).Answer.Soon(), Is.Null);
    }

    [Test]
    public async Task Read_OfMoreThanAClientMayNeed_IsTooMuchAtOnce() =>
        Assert.That(await Ask(At(0, 500), At(MostRecords, 501)).Answer.Soon(), Is.EqualTo(Hold.TooMuch));

    [Test]
    public async Task Read_OfWhatTheLogNoLongerHas_IsRetention_BeforeAPass()
    {
        Log.Has = new LogBounds(At(50, 0), At(100, 100), [false]);
        var clients = new[] { Ask(At(49, 0), At(60, 0)), Ask(At(50, 0), At(60, 0)), Ask(At(0, 10), At(0, 20)) };

        (await NextPass()).End();

        Assert.That(await Task.WhenAll(clients.Select(client => client.Answer)).Soon(), Is.EqualTo([LogPlacement.Retention, null, null]));
    }

    /// <summary>H12: what compaction removed is nowhere to be seen.</summary>
    [Test]
    public async Task Read_OfACompactedSourceTopic_IsRetention()
    {
        Log.Has = new LogBounds(At(0), At(100), [true]);

        Assert.That(await AnswerOf(Ask(50, 60)), Is.EqualTo(LogPlacement.Retention));
    }

    [Test]
    public async Task Read_OfATopicThatWasCreatedAgain_SaysSo()
    {
        Log.Has = new LogBounds(TestPosition.Of(Epoch + 1, 0), TestPosition.Of(Epoch + 1, 100), [false]);

        Assert.That(await AnswerOf(Ask(50, 60)), Is.EqualTo(LogPlacement.Recreated));
    }

    [TestCase(LogPlacement.Retention)]
    [TestCase(IMessageLog.Busy)]
    public async Task Read_ThatTheLogCannotFinish_SaysWhy(string gap)
    {
        var client = Ask(50, 60);

        (await NextPass()).End(gap);

        Assert.That(await client.Answer.Soon(), Is.EqualTo(gap));
        Assert.That(Lines.Texts[0], Does.EndWith($": {gap}."));
    }

    [Test]
    public async Task Read_WhileTheLogIsAway_IsBusy_ForThoseWhoHaveWaitedLongEnough()
    {
        (Log.Has, var bounds) = (null, Log.Has);
        var first = Ask(50, 60);
        Time.Advance(TimeSpan.FromSeconds(20));
        var second = Ask(50, 60, "bob");
        Assert.That((first.Answer.IsCompleted, second.Answer.IsCompleted), Is.EqualTo((false, false)));

        Time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(await first.Answer.Soon(), Is.EqualTo(IMessageLog.Busy));
        Log.Has = bounds;
        (await NextPass()).End();
        Assert.That(await second.Answer.Soon(), Is.Null);
    }

    [Test]
    public async Task Read_ThatWaitsTooLongForItsPass_IsBusy_AndTheOneThatRunsGoesOn()
    {
        var running = Ask(50, 60);
        var pass = await NextPass();
        var waiting = Ask(50, 60, "bob");

        Time.Advance(TimeSpan.FromSeconds(30));

        Assert.That(await waiting.Answer.Soon(), Is.EqualTo(IMessageLog.Busy));
        Assert.That(running.Answer.IsCompleted, Is.False);
        pass.End();
        Assert.That(await running.Answer.Soon(), Is.Null);
    }

    [Test]
    public async Task Read_AgainAndAgain_EndsWithTheBudgetOfTheUser_AndOfNoOther()
    {
        for (var i = 0; i < 4; i++)
        {
            var client = Ask(0, MostRecords);
            // Some time passes here too, but less than what gives back a thousand records.
            (await NextPass()).End();
            Assert.That(await client.Answer.Soon(), Is.Null);
        }

        Assert.That(await AnswerOf(Ask(0, MostRecords)), Is.EqualTo(Hold.TooMuch));
        var other = Ask(0, MostRecords, "bob");
        (await NextPass()).End();
        Assert.That(await other.Answer.Soon(), Is.Null);

        Time.Advance(TimeSpan.FromSeconds(15));
        var later = Ask(0, MostRecords);
        (await NextPass()).End();
        Assert.That(await later.Answer.Soon(), Is.Null);
    }

    [Test]
    public async Task Read_ByManyClientsOfOneUser_IsChargedOnceForAPass()
    {
        var clients = Enumerable.Range(0, 50).Select(i => Ask(i, MostRecords)).ToList();
        (await NextPass()).End();
        Assert.That(await Task.WhenAll(clients.Select(client => client.Answer)).Soon(), Has.All.Null);

        var again = Ask(0, MostRecords);
        (await NextPass()).End();
        Assert.That(await again.Answer.Soon(), Is.Null);
    }

    [Test]
    public async Task Cancel_OfOneWhoWaits_DisturbsNobody()
    {
        var (gone, stays) = (Ask(0, 10), Ask(90, 100));
        await gone.Gone.CancelAsync();
        Assert.That(() => gone.Answer.Soon(), Throws.InstanceOf<OperationCanceledException>());

        var pass = await NextPass();
        Assert.That(pass.Range, Is.EqualTo((90, 100)));
        pass.End();
        Assert.That(await stays.Answer.Soon(), Is.Null);
    }

    [Test]
    public async Task Cancel_DuringThePass_EndsItForThatOneOnly_AndForAllWhenNobodyIsLeft()
    {
        var (gone, stays) = (Ask(0, 10), Ask(0, 10));
        var pass = await NextPass();
        pass.Give(Record(1));
        await gone.Gone.CancelAsync();
        pass.Give(Record(2));

        Assert.That((gone.Offsets, stays.Offsets), Is.EqualTo((new long[] { 1 }, new long[] { 1, 2 })));
        Assert.That(pass.Stop.IsCancellationRequested, Is.False);
        await stays.Gone.CancelAsync();
        await Wait.Until(() => pass.Stop.IsCancellationRequested, "the pass ends");
        await Lines.First("Rewound");
        Assert.That(Lines.Texts[0], Does.EndWith(": left."));

        var next = Ask(0, 10);
        (await NextPass()).End();
        Assert.That(await next.Answer.Soon(), Is.Null);
    }

    [Test]
    public async Task Read_WhenTheLogBreaks_FailsForThoseOfThePass_AndTheNextWorks()
    {
        var client = Ask(0, 10);
        (await NextPass()).Break(new InvalidOperationException("broken"));
        Assert.That(() => client.Answer.Soon(), Throws.InvalidOperationException);

        var next = Ask(0, 10);
        (await NextPass()).End();
        Assert.That(await next.Answer.Soon(), Is.Null);
    }
}
