using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Listeners;
using RigKafka.Tests.Listeners;

namespace RigKafka.Tests.Connections;

/// <summary>The pipe that the server really has.</summary>
internal sealed class PipeWireServerTests
{
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
}
