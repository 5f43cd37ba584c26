using NUnit.Framework;
using RigKafka.Delivery;

namespace RigKafka.Tests.Delivery;

internal sealed class HeartbeatServiceTests
{
    private TestNode _node = null!;
    private HeartbeatService _service = null!;

    [SetUp]
    public async Task Start()
    {
        _node = new TestNode();
        _service = new HeartbeatService(_node.FanOut, _node.Options, _node.Time);
        await _service.StartAsync(CancellationToken.None).Soon();
    }

    [TearDown]
    public async Task Stop()
    {
        await _service.StopAsync(CancellationToken.None).Soon();
        _service.Dispose();
        _node.Dispose();
    }

    [Test]
    public async Task Execute_EveryInterval_GivesEachConnectionOneHeartbeat()
    {
        var wires = await Listeners(5);
        for (var interval = 1; interval <= 3; interval++)
        {
            _node.Time.Advance(TimeSpan.FromMilliseconds(_node.Options.HeartbeatIntervalMs));
            foreach (var wire in wires)
            {
                Assert.That(await wire.Take(interval), Has.Length.EqualTo(interval).And.All.StartsWith("heartbeat|"));
            }
        }
    }

    [Test]
    public async Task Execute_AfterTheProcessStoodStillForAnHour_MakesUpForOneTurnOnly()
    {
        var wires = await Listeners(2);

        _node.Time.Advance(TimeSpan.FromHours(1));
        await Task.WhenAll(wires.Select(wire => wire.Take(1)));
        await _service.StopAsync(CancellationToken.None).Soon();
        await _node.Settle();

        Assert.That(wires.Select(wire => wire.Lines.Length), Is.All.EqualTo(1));
    }

    private async Task<List<FakeWire>> Listeners(int count)
    {
        var wires = Enumerable.Range(0, count).Select(_ => new FakeWire()).ToList();
        wires.ForEach(wire => _node.Listen(wire, "alice"));
        await _node.Settle();
        return wires;
    }
}
