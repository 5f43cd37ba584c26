using System.IO.Pipelines;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Listeners;
using RigKafka.Tests.Listeners;

namespace RigKafka.Tests.Connections;

internal sealed class PipeWireTests
{
    private static readonly PipeOptions PauseAtOnce = new(pauseWriterThreshold: 1, resumeWriterThreshold: 1);

    [Test]
    public async Task TryWrite_WhileTheFlushIsUnderWay_TakesNothing_AndGoesOnAfterIt()
    {
        var (wire, reader) = Create();
        Assert.That(wire.TryWrite("first"u8), Is.EqualTo(5));
        Assert.That(wire.IsIdle, Is.False);
        Assert.That(wire.TryWrite("second"u8), Is.Zero);

        await Read(reader, 5);

        Assert.That(wire.TryWrite("second"u8), Is.EqualTo(6));
        await Read(reader, 6);
    }

    [Test]
    public async Task WriteAsync_WhileTheFlushIsUnderWay_WaitsForIt_AndThenIsIdle()
    {
        var (wire, reader) = Create();
        wire.TryWrite("first"u8);
        var write = wire.WriteAsync("second"u8.ToArray());
        Assert.That(write.IsCompleted, Is.False);

        await Read(reader, 5);

        Assert.That(await write.AsTask().WaitAsync(TestApp.Timeout), Is.Zero);
        Assert.That(wire.IsIdle, Is.True);
    }

    [Test]
    public async Task ReaderThatIsGone_IsNoticed_ByEitherWrite()
    {
        var (wire, reader) = Create();
        wire.TryWrite("first"u8);
        var write = wire.WriteAsync("second"u8.ToArray());
        await reader.CompleteAsync();
        Assert.That(await write.AsTask().WaitAsync(TestApp.Timeout), Is.EqualTo(-1));
        Assert.That(wire.TryWrite("third"u8), Is.EqualTo(-1));
        Assert.That(await wire.WriteAsync("third"u8.ToArray()), Is.EqualTo(-1));
    }

    [Test]
    public async Task ReaderThatIsGone_WhileTheFlushIsUnderWay_IsNoticed_ByTryWrite()
    {
        var (wire, reader) = Create();
        wire.TryWrite("first"u8);
        await reader.CompleteAsync();
        Assert.That(wire.TryWrite("second"u8), Is.EqualTo(-1));
    }

    [TestCase("1.1")]
    [TestCase("2.0")]
    public async Task TryWrite_AnySize_ThroughTheServersPipe_ArrivesWhole(string version)
    {
        // Around the sizes of the server's blocks, where a block less a chunk's own bytes is too small.
        int[] sizes = [1, 4000, .. Enumerable.Range(4060, 40), 8192, 16_384, 65_000, .. Enumerable.Range(65_510, 30), 900_000];
        using var certificates = new TestCertificates();
        certificates.Renew();
        await using var app = await TestApp.Start(
            external: routes => routes.MapGet("/", context => WriteAll(context, sizes)),
            settings: certificates.Settings);
        using var client = certificates.Http(app.Services.TlsListenAddresses()!.Value.External, Version.Parse(version));
        var body = await client.GetByteArrayAsync("/");
        Assert.That(body, Is.EqualTo(sizes.SelectMany(Frame)));
    }

    private static async Task WriteAll(HttpContext context, int[] sizes)
    {
        var wire = new PipeWire(context.Response.BodyWriter, context.Abort);
        foreach (var size in sizes)
        {
            for (ReadOnlyMemory<byte> rest = Frame(size); !rest.IsEmpty;)
            {
                var taken = wire.TryWrite(rest.Span);
                Assert.That(taken, Is.Not.Negative);
                rest = rest[taken..];
                if (!rest.IsEmpty)
                {
                    rest = rest[await wire.WriteAsync(rest)..];
                }
            }
        }
    }

    private static byte[] Frame(int size) => [.. Enumerable.Repeat((byte)size, size)];

    private static (PipeWire Wire, PipeReader Reader) Create()
    {
        var pipe = new Pipe(PauseAtOnce);
        return (new PipeWire(pipe.Writer, pipe.Reader.CancelPendingRead), pipe.Reader);
    }

    private static async Task Read(PipeReader reader, int bytes)
    {
        var read = await reader.ReadAtLeastAsync(bytes).AsTask().WaitAsync(TestApp.Timeout);
        reader.AdvanceTo(read.Buffer.GetPosition(bytes));
    }
}
