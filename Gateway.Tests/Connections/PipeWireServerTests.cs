using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Listeners;

namespace RigKafka.Tests.Connections;

/// <summary>The pipe that the server really has.</summary>
[Parallelizable]
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

    /// <summary>What the server has taken it sends; what waited behind that is no longer for this client's eyes.</summary>
    [TestCase("1.1")]
    [TestCase("2.0")]
    public async Task Blacklisted_WhileTheServersFlushWaits_HearsNothingOfWhatWaitedBehindIt(string version)
    {
        // More than the kernel and the windows of HTTP/2 take.
        const int Large = 24 << 20;
        using var certificates = new TestCertificates();
        certificates.Renew();
        using var node = new TestNode(outbox: 1 << 26);
        var opened = new TaskCompletionSource<Connection>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await TestApp.Start(
            external: routes => routes.MapGet("/", async context =>
            {
                await context.Response.Body.FlushAsync();
                var connection = node.Listen(new PipeWire(context.Response.BodyWriter, context.Abort), "alice");
                opened.SetResult(connection);
                await connection.Closed;
                await connection.Wire.Idle;
            }),
            settings: certificates.Settings);
        using var client = certificates.Http(app.Services.TlsListenAddresses()!.Value.External, Version.Parse(version));
        using var answer = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead).Soon();
        var connection = await opened.Task.Soon();
        for (var i = 0; i < 3; i++)
        {
            await node.Push(TestNode.Json("alice", i, i == 0 ? Large : 0));
            await node.Settle();
        }

        Assert.That(connection.Writing.IsBlocked, Is.True);
        connection.Close(CloseReason.TokenBlacklisted);
        await node.Settle();
        var lines = (await answer.Content.ReadAsStringAsync().Soon()).Split('\n');

        Assert.That(lines.Select(line => line[..Math.Min(line.Length, 30)]), Is.EqualTo([lines[0][..30], "closing||{\"reason\":\"token_blac", ""]));
        Assert.That(lines[0], Does.StartWith("message|").And.Contain("\"n\":0,"));
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
