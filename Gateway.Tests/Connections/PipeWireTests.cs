using System.IO.Pipelines;
using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Connections;

internal sealed class PipeWireTests
{
    private static readonly byte[] Some = [.. Enumerable.Range(0, 100).Select(i => (byte)i)];

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, readerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
    private PipeWire _wire = null!;
    private bool _aborted;

    [SetUp]
    public void Start()
    {
        _pipe.Writer.Complete();
        _pipe.Reader.Complete();
        _pipe.Reset();
        _aborted = false;
        _wire = new PipeWire(_pipe.Writer, () => _aborted = true);
    }

    [Test]
    public async Task TryWrite_WhileTheOtherSideHasNotRead_TakesNoMoreUntilItHas()
    {
        Assert.That((_wire.TryWrite(Some), _wire.IsIdle), Is.EqualTo((100, false)));
        Assert.That(_wire.TryWrite(Some), Is.Zero, "never two writes under way");
        var write = _wire.WriteAsync(Some).AsTask();
        Assert.That(write.IsCompleted, Is.False);

        Assert.That(await Read(), Is.EqualTo(Some));

        Assert.That(await write.Soon(), Is.Zero, "the first write is done, and this has not been begun");
        Assert.That((_wire.IsIdle, _wire.TryWrite(Some)), Is.EqualTo((true, 100)));
        Assert.That(await Read(), Is.EqualTo(Some));
    }

    [Test]
    public async Task TryWrite_AfterTheOtherSideHasRead_TakesMoreAtOnce()
    {
        _wire.TryWrite(Some);
        await Read();

        Assert.That((_wire.IsIdle, _wire.TryWrite(Some)), Is.EqualTo((true, 100)));
    }

    [Test]
    public void TryWrite_WhenTheOtherSideIsGone_SaysSo([Values] bool underWay)
    {
        if (underWay)
        {
            _wire.TryWrite(Some);
        }

        _pipe.Reader.Complete();

        Assert.That(_wire.TryWrite(Some), Is.EqualTo(-1));
    }

    [Test]
    public async Task WriteAsync_WhenTheOtherSideGoes_SaysSo()
    {
        _wire.TryWrite(Some);
        var write = _wire.WriteAsync(Some).AsTask();

        await _pipe.Reader.CompleteAsync();

        Assert.That(await write.Soon(), Is.EqualTo(-1));
    }

    [Test]
    public async Task Write_ToAPipeThatWasCompleted_SaysThatItIsGone()
    {
        await _pipe.Writer.CompleteAsync();

        Assert.That(_wire.TryWrite(Some), Is.EqualTo(-1));
        Assert.That(await _wire.WriteAsync(Some).Soon(), Is.Zero, "nothing is under way, and so it is to be tried again");
        Assert.That(_wire.TryWrite(Some), Is.EqualTo(-1));
    }

    [Test]
    public void Abort_BreaksTheConnectionOff()
    {
        _wire.Abort();

        Assert.That(_aborted, Is.True);
    }

    private async Task<byte[]> Read()
    {
        var read = await _pipe.Reader.ReadAsync().Soon();
        var bytes = read.Buffer.FirstSpan.ToArray();
        _pipe.Reader.AdvanceTo(read.Buffer.End);
        return bytes;
    }
}
