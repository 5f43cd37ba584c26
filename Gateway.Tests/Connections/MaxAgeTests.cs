using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Connections;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class MaxAgeTests : ExpiryFixture
{
    [Test]
    public async Task MaxAge_WhenTheWallClockIsSet_DoesNotFollowIt()
    {
        var registry = Registry(maxAge: 100);
        var connection = Open(registry, DateTimeOffset.MaxValue);
        await Pass(registry, 1);

        Time.SetBy = TimeSpan.FromSeconds(3600);
        await Pass(registry, 48);
        Assert.That(connection.Closed.IsCompleted, Is.False);

        await Pass(registry, 51);
        Assert.That(await connection.Closed.Soon(), Is.EqualTo(CloseReason.MaxAge));
    }

    [TestCase(3_600)]
    [TestCase(null)]
    public async Task MaxAge_EndsEachConnectionAtAMomentOfItsOwn_AndTellsItToComeBackSoon(int? tokenSeconds)
    {
        var registry = Registry(maxAge: 100);
        var connections = Enumerable.Range(0, 200).Select(_ => Open(registry, tokenSeconds is { } seconds ? Now.AddSeconds(seconds) : DateTimeOffset.MaxValue)).ToList();
        await Pass(registry, 49);
        Assert.That(registry.Open, Is.EqualTo(200));

        var left = new List<int>();
        for (var second = 50; second <= 100; second += 10)
        {
            left.Add(registry.Open);
            await Pass(registry, 10);
        }

        Assert.That(left.Distinct().Count(), Is.GreaterThan(3), "they end apart");
        Assert.That(await Task.WhenAll(connections.Select(connection => connection.Closed)).Soon(), Has.All.EqualTo(CloseReason.MaxAge));
        Assert.That(Wire.Text, Does.Match("^retry: [0-9]{2,3}\nevent: closing\ndata: {\"reason\":\"max_age\",\"reconnect\":true}\n\nevent: closing connection\n\nretry"));
    }
}
