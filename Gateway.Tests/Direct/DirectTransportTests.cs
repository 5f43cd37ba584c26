using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Direct;
using RigKafka.Listeners;

namespace RigKafka.Tests.Direct;

/// <summary>The server on this transport, and what it counts.</summary>
[Platform("Linux")]
internal sealed class DirectTransportTests
{
    [Test]
    public async Task LargeBodies_GoThrough_InBothDirections()
    {
        await using var server = await StreamServer.Start();
        var body = RandomNumberGenerator.GetBytes(10_000_000);
        using var content = new ByteArrayContent(body);
        using var answer = await server.App.External.PostAsync("/echo", content).Soon();
        Assert.That((await answer.Content.ReadAsByteArrayAsync().Soon()).AsSpan().SequenceEqual(body), Is.True);
    }

    /// <summary>A writer that asks for no size gets memory from the server's own pool, and from no other before the answer has begun.</summary>
    [Test]
    public async Task Answer_CanBeWrittenPieceByPiece_BeforeItHasBegun()
    {
        await using var app = await TestApp.Start(
            external: routes => routes.MapGet("/", async context =>
            {
                for (var i = 0; i < 3; i++)
                {
                    context.Response.BodyWriter.Write(Encoding.ASCII.GetBytes(new string((char)('a' + i), 5_000)));
                }

                await context.Response.BodyWriter.FlushAsync();
            }),
            settings: new() { ["DIRECT_TRANSPORT_ENABLED"] = "true" });
        Assert.That(
            await app.External.GetStringAsync("/").Soon(),
            Is.EqualTo(new string('a', 5_000) + new string('b', 5_000) + new string('c', 5_000)));
    }

    [Test]
    public async Task HalfAHead_TimesOut_WithAnAnswer()
    {
        await using var server = await StreamServer.Start(new() { ["HTTP_HEADERS_TIMEOUT_MS"] = "1000" });
        var client = await server.Connect();
        await client.Send("GET /short HTTP/1.1\r\nHost: loc");
        Assert.That(await client.ReadToEnd(), Does.StartWith("HTTP/1.1 408"));
    }

    [Test]
    public async Task IdleConnection_TimesOut_AlsoAfterAStream()
    {
        await using var server = await StreamServer.Start(new() { ["HTTP_KEEP_ALIVE_TIMEOUT_MS"] = "1000" });
        var client = await server.Connect();
        await client.AskShort();
        Assert.That(await client.ReadToEnd(), Is.Empty);

        client = await server.Open();
        (await server.Taken()).Close(CloseReason.JoinDenied);
        await client.ReadTo(StreamServer.LastChunk);
        Assert.That(await client.ReadToEnd(), Is.Empty);
    }

    [Test]
    public async Task Streams_CountAmongTheConnections_AndNeverGiveWay()
    {
        await using var server = await StreamServer.Start(new() { ["MAX_TCP_CONNECTIONS"] = "3" });
        var streams = new List<StreamClient>();
        for (var i = 0; i < 3; i++)
        {
            streams.Add(await server.Open());
            await server.Taken(streams: i + 1);
        }

        await TestSockets.ExpectReset(async () => (await server.Connect()).Socket);
        Assert.That(server.App.TakeErrors(), Has.One.Contains("(surplus)"));

        // One that is given back counts as idle, and gives way.
        server.Streams[0].Connection.Close(CloseReason.JoinDenied);
        await streams[0].ReadTo(StreamServer.LastChunk);
        await streams[0].AskShort();
        await (await server.Connect()).AskShort();
        await TestSockets.ExpectReset(streams[0].Socket);

        // One that is gone leaves room.
        streams[1].Reset();
        await server.Streams[1].Connection.Closed.Soon();
        await (await server.Connect()).AskShort();
        await server.Node.Push(TestNode.Json(StreamServer.User, 1));
        await streams[2].ReadTo("\"n\":1");
        server.App.TakeErrors();
    }

    [TestCase("true", "direct")]
    [TestCase("false", "server")]
    public async Task Setting_ChoosesTheTransportOfThePlainPorts_AndOfNoOther(string isEnabled, string expected)
    {
        RequestDelegate tell = context => context.Response.WriteAsync(context.Features.Get<DirectConnection>() is null ? "server" : "direct");
        using var certificates = new TestCertificates();
        certificates.Renew();
        await using var app = await TestApp.Start(
            external: routes => routes.Map("/", tell),
            api: routes => routes.Map("/", tell),
            settings: new(certificates.Settings) { ["DIRECT_TRANSPORT_ENABLED"] = isEnabled });
        using var tls = certificates.Http(app.Services.TlsListenAddresses()!.Value.External, new Version(1, 1));
        Assert.That(await app.External.GetStringAsync("/"), Is.EqualTo(expected));
        Assert.That(await app.Api.GetStringAsync("/"), Is.EqualTo(expected));
        Assert.That(await tls.GetStringAsync("/"), Is.EqualTo("server"));
    }
}
