using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Log;
using RigKafka.Presence;
using RigKafka.Telemetry;

namespace RigKafka.Tests.Presence;

/// <summary>How a node comes, stays and goes in the table; what becomes of its clients' entries is in <see cref="PresenceRosterTests"/>.</summary>
internal sealed class PresenceServiceTests
{
    private const string Self = "a";

    private readonly LogLines<PresenceService> _lines = new();
    private FakeTimeProvider _time = null!;
    private FakeTable _table = null!;
    private TestNode _node = null!;
    private PresenceRoster _roster = null!;
    private PresenceService _service = null!;

    [SetUp]
    public void Create()
    {
        _lines.Clear();
        _time = new FakeTimeProvider();
        _table = new FakeTable(_time);
        _node = new TestNode(time: _time);
        var topics = new PresenceTopics(_node.Registry, new PresenceOptions(), _time);
        var index = new PresenceIndex(_table, new NodeId(Self), topics, _node.Totals.Metrics, _time, NullLogger<PresenceIndex>.Instance);
        _roster = new PresenceRoster(_table, new NodeId(Self), _node.Registry, new NodeSummary(new NodeOptions(), new FakeHealth(), new LoadHistory(new LiveMetrics(_node.Totals.Meters), _time, NullLogger<LoadHistory>.Instance)), _time);
        _service = new PresenceService(_roster, index, topics, _time, _lines);
    }

    [TearDown]
    public async Task Stop()
    {
        await _service.StopAsync(new CancellationToken(canceled: true)).Soon();
        _service.Dispose();
        _node.Dispose();
    }

    [Test]
    public async Task Start_BeforeTheTableIsRead_WritesNothing()
    {
        await _service.StartAsync(CancellationToken.None).Soon();
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.That(_table.Writes, Is.Zero);

        _table.Ready.SetResult();

        await Wait.Until(() => _table.Get(Self) is not null, "it is on the list itself");
    }

    [Test]
    public async Task Heartbeats_AreWrittenAgainAndAgain_AlsoAfterOnesThatWereNot()
    {
        await Start();
        var first = _table.Get(Self)!.Value.Value;
        _table.Outcome = AppendOutcome.NotStored;
        var writes = _table.Writes;
        await Passing(() => _table.Writes > writes + 2, "it is tried again");
        Assert.That(_table.Get(Self)!.Value.Value, Is.EqualTo(first));

        _table.Outcome = AppendOutcome.Stored;

        await Passing(() => !_table.Get(Self)!.Value.Value.SequenceEqual(first), "it has another heartbeat");
    }

    [Test]
    public async Task Stopping_TakesTheNodeOffTheList_AndNothingIsWrittenAfterIt()
    {
        await Start();
        await _service.StoppingAsync(CancellationToken.None).Soon();
        Assert.That(_table.Get(Self), Is.Null);
        var writes = _table.Writes;

        _roster.Enter(_node.Open(new FakeWire()), "user:alice", [1]);
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await _node.Settle();
        }

        Assert.That(_table.Writes, Is.EqualTo(writes));
        await _service.StopAsync(CancellationToken.None).Soon();
        Assert.That(_lines.Lines, Is.Empty);
    }

    [Test]
    public async Task Stop_WhileTheTableTakesNothing_WaitsForAMomentOnly_AndSaysSo()
    {
        await Start();
        _table.Hold();
        await _service.StoppingAsync(CancellationToken.None).Soon();
        var stopping = _service.StopAsync(CancellationToken.None);
        Assert.That(stopping.IsCompleted, Is.False);

        await Passing(() => stopping.IsCompleted, "it has ended");

        Assert.That(_lines.All.Select(line => line.EventName), Is.EqualTo(["PresenceNotLeft"]));
        _table.LetGo();
    }

    [Test]
    public async Task EntryThatIsTooLarge_IsSaidToBeLeftOut_AndNotTriedAgain()
    {
        await Start();
        _table.Outcome = AppendOutcome.TooLarge;
        _roster.Enter(_node.Open(new FakeWire()), "user:alice", [1]);
        await _lines.First("PresenceTooLarge");
        _table.Outcome = AppendOutcome.Stored;
        var first = _table.Get(Self)!.Value.Value;

        await Passing(() => !_table.Get(Self)!.Value.Value.SequenceEqual(first), "it goes on");

        Assert.That(_table.Count, Is.EqualTo(1));
    }

    private async Task Start()
    {
        _table.Ready.SetResult();
        await _service.StartAsync(CancellationToken.None).Soon();
        await Wait.Until(() => _table.Get(Self) is not null, "it is on the list itself");
    }

    /// <summary>Time goes by until something holds: what waits for time does its work on other threads.</summary>
    private Task Passing(Func<bool> holds, string what) => Wait.Until(
        () =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            return holds();
        },
        what);
}
