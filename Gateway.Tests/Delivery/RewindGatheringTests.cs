using NUnit.Framework;

namespace RigKafka.Tests.Delivery;

/// <summary>Those of one outage come one after the other, and share a pass all the same.</summary>
internal sealed class RewindGatheringTests : RewindFixture
{
    private static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(40);

    [Test]
    public async Task Read_ByThoseWhoComeWithinTwoSeconds_IsOnePass()
    {
        var clients = new List<Client>();
        for (var since = TimeSpan.Zero; since < TimeSpan.FromSeconds(2); since += Apart)
        {
            clients.Add(Ask(100, 200, $"user-{clients.Count}"));
            Time.Advance(Apart);
        }

        Assert.That(Log.Passes.Reader.TryPeek(out _), Is.False);
        (await NextPass()).End();

        Assert.That(await Task.WhenAll(clients.Select(client => client.Answer)).Soon(), Has.All.Null);
        Assert.That(Totals["rig.rewind.passes{}"], Is.EqualTo(1));
    }

    [Test]
    public async Task Read_WhileTheyDoNotStopComing_BeginsAllTheSame()
    {
        var began = Time.GetTimestamp();
        var clients = new List<Client>();
        Pass? pass = null;
        await Wait.Until(
            () =>
            {
                clients.Add(Ask(100, 200, $"user-{clients.Count}"));
                Time.Advance(Apart);
                return Log.Passes.Reader.TryRead(out pass);
            },
            "a pass begins");

        Assert.That(Time.GetElapsedTime(began), Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(5)));
        pass!.End();
        Assert.That(await clients[0].Answer.Soon(), Is.Null);
    }
}
