using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Delivery;

namespace RigKafka.Tests.Delivery;

internal sealed class ShutdownServiceTests
{
    private readonly LogLines<ShutdownService> _lines = new();
    private TestNode _node = null!;
    private ShutdownService _service = null!;

    [SetUp]
    public void Start()
    {
        _node = new TestNode();
        _service = new ShutdownService(_node.Log, _node.Registry, new ShutdownOptions(), _node.Time, _lines);
        _lines.Clear();
    }

    [TearDown]
    public void Stop() => _node.Dispose();

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

        _node.Time.Advance(TimeSpan.FromMilliseconds(new ShutdownOptions().ShutdownTimeoutMs));

        await stopping.Soon();
        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.Shutdown));
        Assert.That(_lines.Lines, Has.Some.StartsWith("Warning NotDrained"));
    }
}
