using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Delivery;

namespace RigKafka.Tests.Delivery;

internal sealed class ShutdownServiceTests
{
    private readonly LogLines<ShutdownService> _lines = new();
    private TestNode _node = null!;
    private StopSignals _signals = null!;
    private ShutdownService _service = null!;

    [SetUp]
    public void Start()
    {
        _node = new TestNode();
        _signals = new StopSignals();
        _service = New(new ShutdownOptions());
        _lines.Clear();
    }

    [TearDown]
    public void Stop()
    {
        _signals.Dispose();
        _node.Dispose();
    }

    [Test]
    public async Task Stopping_WithStreamsOpen_DeliversWhatWasAcceptedAndThenTellsThem()
    {
        var wire = new FakeWire();
        var connection = _node.Listen(wire, "alice");
        var stopping = _service.StoppingAsync(CancellationToken.None);
        await _node.Push(TestNode.Json("alice", 0));
        Assert.That(stopping.IsCompleted, Is.False, "the log is not drained yet");

        _node.Log.Drained.SetResult();

        await stopping.Soon();
        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.Shutdown));
        Assert.That(string.Join(' ', wire.Lines.Select(line => line.Split('|')[0])), Is.EqualTo("message closing"));
        Assert.That(_lines.Lines, Has.Count.EqualTo(1).And.All.StartsWith("Information"));
    }

    [Test]
    public async Task Stopping_WithAClientThatDoesNotRead_EndsInTime()
    {
        _node.Log.Drained.SetResult();
        _node.Listen(new FakeWire(room: 0), "alice");
        var stopping = _service.StoppingAsync(CancellationToken.None);
        await _node.Settle();
        Assert.That(stopping.IsCompleted, Is.False);

        _node.Time.Advance(TimeSpan.FromMilliseconds(new ShutdownOptions().ShutdownTimeoutMs));

        await stopping.Soon();
        Assert.That(_lines.Lines[^1], Does.StartWith("Warning BrokenOff"));
    }

    [Test]
    public async Task Stopping_WithALogThatIsOutOfReach_TellsTheStreamsAllTheSame()
    {
        var connection = _node.Listen(new FakeWire(), "alice");
        var stopping = _service.StoppingAsync(CancellationToken.None);

        // A second is left for their last words.
        var usual = new ShutdownOptions();
        _node.Time.Advance(TimeSpan.FromMilliseconds(usual.ShutdownTimeoutMs - usual.DrainMs - 1_000));

        await stopping.Soon();
        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.Shutdown));
        Assert.That(_lines.Lines, Has.Some.StartsWith("Warning NotDrained"));
    }

    [Test]
    public async Task Stopping_WithADelay_LeavesEverythingAsItWasUntilThat()
    {
        _node.Log.Drained.SetResult();
        var connection = _node.Listen(new FakeWire(), "alice");
        var stopping = New(new ShutdownOptions { DelayMs = 3_000 }).StoppingAsync(CancellationToken.None);

        _node.Time.Advance(TimeSpan.FromMilliseconds(2_999));
        await _node.Settle();
        Assert.That((_node.Registry.IsShut, connection.IsEnded), Is.EqualTo((false, false)));

        _node.Time.Advance(TimeSpan.FromMilliseconds(1));
        await stopping.Soon();
        await _node.Settle();
        Assert.That((_node.Registry.IsShut, connection.IsEnded), Is.EqualTo((true, true)));
    }

    [Test]
    public async Task Stopping_WithManyStreams_EndsThemOneAfterAnother()
    {
        const int Streams = 200;
        const int DrainMs = 100;
        var connections = Listen(Streams);
        var stopping = New(new ShutdownOptions { DrainMs = DrainMs }).StoppingAsync(CancellationToken.None);
        Assert.That(_node.Registry.IsShut, Is.True);

        var ended = new List<int>();
        for (var ms = 0; ms < DrainMs; ms += 10)
        {
            await _node.Settle();
            ended.Add(connections.Count(connection => connection.IsEnded));
            _node.Time.Advance(TimeSpan.FromMilliseconds(10));
            await Wait.Until(() => connections.Count(connection => connection.IsEnded) >= Streams * (ms + 10) / DrainMs, "its share has ended");
        }

        await stopping.Soon();
        Assert.That(ended, Is.EqualTo(Enumerable.Range(0, DrainMs / 10).Select(step => step * Streams * 10 / DrainMs)));
    }

    [Test]
    public async Task Stopping_ByAPerson_WaitsForNothingButTheStreams()
    {
        var connections = Listen(200);
        var stopping = New(new ShutdownOptions { DelayMs = 3_000 }).StoppingAsync(CancellationToken.None);

        _signals.Take(isAPerson: true);

        await stopping.Soon();
        await _node.Settle();
        Assert.That(connections.Select(connection => connection.IsEnded), Has.All.True);
    }

    [Test]
    public async Task Stopping_ByASecondSignal_DoesNotWaitForTheLogEither()
    {
        var connection = _node.Listen(new FakeWire(), "alice");
        _signals.Take(isAPerson: true);
        var stopping = _service.StoppingAsync(CancellationToken.None);
        await _node.Settle();
        Assert.That(stopping.IsCompleted, Is.False);

        _signals.Take(isAPerson: true);

        await stopping.Soon();
        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.Shutdown));
        Assert.That(_lines.Lines, Has.Some.StartsWith("Warning NotDrained"));
    }

    private Connection[] Listen(int streams)
    {
        _node.Log.Drained.SetResult();
        return [.. Enumerable.Range(0, streams).Select(i => _node.Listen(new FakeWire(), $"user-{i}"))];
    }

    private ShutdownService New(ShutdownOptions options) => new(_node.Log, _node.Registry, options, _signals, _node.Time, _lines);
}
