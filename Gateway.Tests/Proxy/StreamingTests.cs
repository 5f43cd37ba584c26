using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NUnit.Framework;

namespace RigKafka.Tests.Proxy;

/// <summary>Nothing is held back, and nothing is held: what comes in goes out, in both directions.</summary>
[Parallelizable]
internal sealed class StreamingTests
{
    private Service _service = null!;
    private TestApp _app = null!;

    [SetUp]
    public async Task Start()
    {
        _service = await Service.Start(_ => Task.CompletedTask);
        _app = await ProxyApp.Start();
        await _app.Define(ProxyApp.Definition("all", _service.Port, ProxyApp.Endpoint("GET", "/x"), ProxyApp.Endpoint("POST", "/x")));
    }

    [TearDown]
    public async Task Stop()
    {
        await _app.DisposeAsync();
        await _service.DisposeAsync();
    }

    [Test]
    public async Task EventStream_ReachesTheClientEventByEvent()
    {
        var next = new SemaphoreSlim(0);
        _service.Handle = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 3; i++)
            {
                await context.Response.WriteAsync($"data: {i}\n\n");
                await context.Response.Body.FlushAsync();
                await next.WaitAsync(context.RequestAborted);
            }
        };
        using var response = await _app.Call("GET", "/x");
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/event-stream"));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync().Soon());
        for (var i = 0; i < 3; i++)
        {
            Assert.That(await reader.ReadLineAsync().Soon(), Is.EqualTo($"data: {i}"));
            Assert.That(await reader.ReadLineAsync().Soon(), Is.Empty);
            next.Release();
        }

        Assert.That(await reader.ReadToEndAsync().Soon(), Is.Empty);
    }

    [Test]
    public async Task HeadOfAnEventStream_ReachesTheClientBeforeTheFirstEvent()
    {
        _service.Handle = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        using var response = await _app.Call("GET", "/x");
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/event-stream"));
    }

    [Test]
    public async Task Upload_ReachesTheServicePartByPart()
    {
        var seen = new SemaphoreSlim(0);
        _service.Handle = async context =>
        {
            var buffer = new byte[16];
            while (await context.Request.Body.ReadAsync(buffer) > 0)
            {
                seen.Release();
            }
        };
        using var client = await Connect();
        await client.GetStream().WriteAsync("POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray());
        for (var i = 0; i < 3; i++)
        {
            await client.GetStream().WriteAsync("2\r\nab\r\n"u8.ToArray());
            Assert.That(await seen.WaitAsync(Limits.Hang), Is.True);
        }

        await client.GetStream().WriteAsync("0\r\n\r\n"u8.ToArray());
        Assert.That(await ReadAll(client), Does.StartWith("HTTP/1.1 200"));
    }

    [Test]
    public async Task LargeBodies_PassBothWays_WithoutBeingHeld()
    {
        const int Size = 64 * 1024 * 1024;
        _service.Handle = async context =>
        {
            var received = 0L;
            var buffer = new byte[65_536];
            for (int read; (read = await context.Request.Body.ReadAsync(buffer)) > 0;)
            {
                received += read;
            }

            context.Response.Headers["x-received"] = received.ToString(System.Globalization.CultureInfo.InvariantCulture);
            for (var sent = 0; sent < Size; sent += buffer.Length)
            {
                await context.Response.Body.WriteAsync(buffer);
            }
        };
        using var response = await _app.Call("POST", "/x", new StreamContent(new ZeroStream(Size)));
        Assert.That(
            response.Headers.GetValues("x-received").Single(),
            Is.EqualTo(Size.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        var stream = await response.Content.ReadAsStreamAsync().Soon();
        var buffer = ArrayPool<byte>.Shared.Rent(65_536);
        var total = 0L;
        for (int read; (read = await stream.ReadAsync(buffer).Soon()) > 0;)
        {
            total += read;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        Assert.That(total, Is.EqualTo(Size));
    }

    [Test]
    public async Task WebSocket_IsUpgraded_AndEchoesBothWays()
    {
        _service.Handle = async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync("chat");
            var buffer = new byte[1024];
            while (await socket.ReceiveAsync(buffer, default) is { MessageType: not WebSocketMessageType.Close } received)
            {
                await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, default);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", default);
        };
        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol("chat");
        await client.ConnectAsync(new UriBuilder(_app.External.BaseAddress!) { Scheme = "ws", Path = "/x" }.Uri, default).Soon();
        Assert.That(client.SubProtocol, Is.EqualTo("chat"));
        await client.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, default).Soon();
        var buffer = new byte[64];
        var echo = await client.ReceiveAsync(buffer, default).Soon();
        Assert.That(Encoding.UTF8.GetString(buffer, 0, echo.Count), Is.EqualTo("hello"));
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default).Soon();
        Assert.That(client.CloseStatusDescription, Is.EqualTo("bye"));
    }

    [Test]
    public async Task ExpectContinue_IsAnsweredOnceTheServiceAsksForTheBody()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var mayRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        string? body = null;
        _service.Handle = async context =>
        {
            asked.SetResult();
            await mayRead.Task;
            using var reader = new StreamReader(context.Request.Body);
            body = await reader.ReadToEndAsync();
        };
        using var client = await Connect();
        await client.GetStream().WriteAsync("POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"u8.ToArray());
        await asked.Task.Soon();
        mayRead.SetResult();
        var buffer = new byte[25];
        await client.GetStream().ReadExactlyAsync(buffer).Soon();
        Assert.That(Encoding.ASCII.GetString(buffer), Is.EqualTo("HTTP/1.1 100 Continue\r\n\r\n"));
        await client.GetStream().WriteAsync("hello"u8.ToArray());
        Assert.That(await ReadAll(client), Does.StartWith("HTTP/1.1 200"));
        Assert.That(body, Is.EqualTo("hello"));
    }

    [Test]
    public async Task ExpectContinue_RefusedByTheService_NeverAsksForTheBody()
    {
        _service.Handle = context =>
        {
            context.Response.StatusCode = 403;
            return Task.CompletedTask;
        };
        // A body of up to 1024 bytes the framework sends all the same, since that is cheaper than another connection.
        using var client = await Connect();
        await client.GetStream().WriteAsync("POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n"u8.ToArray());
        var status = new byte[12];
        await client.GetStream().ReadExactlyAsync(status).Soon();
        Assert.That(Encoding.ASCII.GetString(status), Is.EqualTo("HTTP/1.1 403"));
    }

    [Test]
    public async Task Service_OfHttp2_IsReachedWithPriorKnowledge()
    {
        string? protocol = null;
        await using var service = await Service.Start(
            async context =>
            {
                protocol = context.Request.Protocol;
                await context.Response.WriteAsync("body");
            },
            HttpProtocols.Http2);
        await _app.Define(ProxyApp.Definition("h2", service.Port, ProxyApp.Endpoint("GET", "/h2"))
            .OverHttp2());
        using var response = await _app.Call("GET", "/h2");
        Assert.That(await response.Content.ReadAsStringAsync().Soon(), Is.EqualTo("body"));
        Assert.That(protocol, Is.EqualTo("HTTP/2"));
    }

    [Test]
    public async Task ClientThatLeaves_EndsTheCallAtTheService()
    {
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _service.Handle = async context =>
        {
            context.RequestAborted.Register(left.SetResult);
            await context.Response.WriteAsync("data: 1\n\n");
            await left.Task;
        };
        var response = await _app.Call("GET", "/x");
        response.Dispose();
        await left.Task.Soon();
    }

    private async Task<TcpClient> Connect()
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _app.External.BaseAddress!.Port).Soon();
        return client;
    }

    private static async Task<string> ReadAll(TcpClient client)
    {
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync().Soon();
    }
}
