using NUnit.Framework;

namespace RigKafka.Tests.Delivery;

/// <summary>Those of one outage come one after the other, and share a pass all the same.</summary>
internal sealed class RewindGatheringTests : RewindFixture
{
    private static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(40);

    private readonly List<Client> _clients = [];

    [Test]
    public async Task Read_ByThoseWhoComeWithinTwoSeconds_IsOnePass()
    {
        Come(TimeSpan.FromSeconds(2));

        await ArePartOfOnePass();
    }

    [Test]
    public async Task Read_ByThoseOfWhomSomeWereHeldUp_IsOnePass()
    {
        Come(TimeSpan.FromSeconds(1));
        for (var held = TimeSpan.Zero; held < TimeSpan.FromSeconds(0.2); held += Apart)
        {
            Time.Advance(Apart);
        }

        Come(TimeSpan.FromSeconds(1));

        await ArePartOfOnePass();
    }

    [Test]
    public async Task Read_WhileTheyDoNotStopComing_BeginsAllTheSame()
    {
        var began = Time.GetTimestamp();
        Pass? pass = null;
        await Wait.Until(
            () =>
            {
                Come(Apart);
                return Log.Passes.Reader.TryRead(out pass);
            },
            "a pass begins");

        Assert.That(Time.GetElapsedTime(began), Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(5)));
        pass!.End();
        Assert.That(await _clients[0].Answer.Soon(), Is.Null);
    }

    [Test]
    public async Task Read_ByThoseWhoComeWhileTheLogIsAsked_IsTheSamePass_UnlessTheyKnowWhatTheAnswerDoesNot()
    {
        var answering = new TaskCompletionSource();
        Log.Answering = answering.Task;
        Come(Apart);
        await Wait.Until(
            () =>
            {
                Time.Advance(Apart);
                return Log.WasAsked;
            },
            "the log is asked");
        Come(Apart);
        var later = Ask(TestPosition.Of(Epoch + 1, 100), TestPosition.Of(Epoch + 1, 200), "later");
        Log.Has = new(TestPosition.Of(Epoch + 1, 0), TestPosition.Of(Epoch + 1, 100_000), [false]);
        answering.SetResult();

        (await NextPass()).End();
        Assert.That(await Task.WhenAll(_clients.Select(client => client.Answer)).Soon(), Has.All.Null);
        Assert.That(later.Answer.IsCompleted, Is.False);

        (await NextPass()).End();
        Assert.That(await later.Answer.Soon(), Is.Null);
    }

    private void Come(TimeSpan within)
    {
        for (var since = TimeSpan.Zero; since < within; since += Apart)
        {
            _clients.Add(Ask(100, 200, $"user-{_clients.Count}"));
            Time.Advance(Apart);
        }
    }

    private async Task ArePartOfOnePass()
    {
        Assert.That(Log.Passes.Reader.TryPeek(out _), Is.False);
        (await NextPass()).End();

        Assert.That(await Task.WhenAll(_clients.Select(client => client.Answer)).Soon(), Has.All.Null);
        Assert.That(Totals["rig.rewind.passes{}"], Is.EqualTo(1));
    }
}
