using System.Diagnostics;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Shutdown;

/// <summary>What becomes of proxied calls when a node is told to end (SIGTERM).</summary>
internal sealed class ProxiedCallTests
{
    private const int TimeoutMs = 1_500;

    private readonly TaskCompletionSource _mayAnswer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _isUploading = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _isAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Test]
    public async Task CallsThatAreShort_Finish_AndStreamsAreBrokenOffInTime_AndTheRequestLogHasThemAll()
    {
        await using var service = await Service.Start(Handle);
        await using var gateway = await GatewayProcess.Start(new Dictionary<string, string>
        {
            ["JWT_SECRET_KEY"] = Token.Secret,
            ["SHUTDOWN_TIMEOUT_MS"] = $"{TimeoutMs}",
            ["DRAIN_MS"] = "0",
            ["REQUEST_LOG"] = "console",
            // The server says so when it was the host that ended a call.
            ["LOG_LEVEL"] = "debug",
            ["PROXY_CONFIG_FILE"] = $$$$"""
                [{"id":"a","proxy":{"use_env":false,"target_url":"127.0.0.1","port":{{{{service.Port}}}}},"version_data":{"default":{"endpoints":[
                  {"id":"short","method":"GET","path":"/short","not_secured":true},{"id":"events","method":"GET","path":"/events","not_secured":true},
                  {"id":"upload","method":"POST","path":"/upload","not_secured":true},{"id":"socket","method":"GET","path":"/chat","not_secured":true}]}}}]
                """,
        });
        await gateway.Line("routes are proxied");
        using var events = await RawConnection.Open(gateway.External);
        var stream = await events.Ask("GET", "/events");
        await using var blocks = events.ReadBlocks(stream).GetAsyncEnumerator();
        Assert.That(await blocks.MoveNextAsync().Soon(), Is.True);
        using var upload = await RawConnection.Open(gateway.External);
        await upload.Send(RawConnection.Request("POST", "/upload", "Transfer-Encoding: chunked\r\n") + "1\r\nx\r\n");
        await _isUploading.Task.Soon();
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(gateway.External) { Scheme = "ws", Path = "/chat" }.Uri, default).Soon();
        using var patient = await RawConnection.Open(gateway.External);
        var calling = patient.Ask("GET", "/short");
        await _isAsked.Task.Soon();

        var since = Stopwatch.GetTimestamp();
        gateway.Terminate();
        await gateway.Line("Stopping:");

        _mayAnswer.SetResult();
        var answer = await calling;
        Assert.That((answer.Status, await patient.ReadBody(answer)), Is.EqualTo((200, "done")));
        Assert.That(() => Rest(blocks).Soon(), Throws.InstanceOf<EndOfStreamException>().Or.InstanceOf<System.Net.Sockets.SocketException>(), "it is not to be taken for the end of the stream");
        Assert.That((await upload.ReadHead().Soon()).Status, Is.EqualTo(503), "the service has not answered");
        Assert.That(() => socket.ReceiveAsync(new byte[64], default).Soon(), Throws.InstanceOf<WebSocketException>().With.Property(nameof(WebSocketException.WebSocketErrorCode)).EqualTo(WebSocketError.ConnectionClosedPrematurely));
        Assert.That(await gateway.Exit(), Is.Zero);
        Assert.That(Stopwatch.GetElapsedTime(since).TotalMilliseconds, Is.GreaterThan(TimeoutMs - 100));
        Assert.That(gateway.Output, Has.Some.Contains("3 proxied calls did not end within SHUTDOWN_TIMEOUT_MS"));
        foreach (var id in new[] { "short", "events", "upload", "socket" })
        {
            Assert.That(gateway.Output, Has.Exactly(1).Contains($"UNAUTHENTICATED CALL: [{id}]"));
        }

        Assert.That(gateway.Output, Has.Some.Contains("Kestrel").And.None.Contains("failed to close gracefully").And.None.Contains(" fail: ").And.None.Contains(" crit: "));
        Assert.That(gateway.Error, Is.Empty);
    }

    private async Task Handle(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/short":
                _isAsked.SetResult();
                await _mayAnswer.Task;
                await context.Response.WriteAsync("done");
                break;
            case "/events":
                context.Response.ContentType = "text/event-stream";
                for (; ; )
                {
                    await context.Response.WriteAsync("data: x\n\n", context.RequestAborted);
                    await Task.Delay(50, context.RequestAborted);
                }

            case "/upload":
                await context.Request.Body.ReadExactlyAsync(new byte[1]);
                _isUploading.SetResult();
                await context.Request.Body.CopyToAsync(Stream.Null);
                break;
            default:
                using (var socket = await context.WebSockets.AcceptWebSocketAsync())
                {
                    await socket.ReceiveAsync(new byte[64], context.RequestAborted);
                }

                break;
        }
    }

    private static async Task Rest(IAsyncEnumerator<ReadOnlyMemory<byte>> blocks)
    {
        while (await blocks.MoveNextAsync())
        {
        }
    }
}
