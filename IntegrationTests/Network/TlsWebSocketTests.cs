using System.Net.WebSockets;
using System.Text;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Network;

/// <summary>Channels over TLS; browsers that have an HTTP/2 connection open a WebSocket on it (RFC 8441).</summary>
internal sealed class TlsWebSocketTests
{
    [TestCase("1.1")]
    [TestCase("2.0")]
    public async Task WebSocketOverTls_ThatIsSilentForLong_StaysOpen_AndGetsWhatIsPublished(string version)
    {
        using var certificates = new TestCertificates();
        certificates.Renew();
        var settings = certificates.Settings;
        settings["HEARTBEAT_INTERVAL_MS"] = "1000";
        settings["HTTP_MIN_RATE_GRACE_MS"] = "1001";
        await using var node = await GatewayNode.Start(settings);
        using var clock = await node.Listen("clock");
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, SslOptions = certificates.Client() });
        using var socket = new ClientWebSocket { Options = { HttpVersion = Version.Parse(version), HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact } };
        await socket.ConnectAsync(new Uri($"wss://localhost:{node.Tls.External.Port}/socket/websocket?vsn=2.0.0&token={Token.Of("alice")}"), invoker, CancellationToken.None).Soon();

        for (var i = 0; i < 5; i++)
        {
            await clock.NextHeartbeat();
        }

        await socket.SendAsync("""["1","1","user:alice","phx_join",{}]"""u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None).Soon();
        Assert.That(await Next(socket), Does.Contain("phx_reply").And.Contain("\"ok\""));
        for (var i = 0; i < 100; i++)
        {
            await node.Publish($$"""{"user":"alice","n":{{i}}}""");
        }

        for (var i = 0; i < 100; i++)
        {
            Assert.That(await Next(socket), Does.Contain($"\"n\":{i}}}"));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).Soon();
        await Wait.Until(() => node.Registry.Open == 1, "the socket is forgotten");
    }

    [TestCase("1.1")]
    [TestCase("2.0")]
    public async Task MessageThatIsNotFinished_OverTls_ClosesItsSocketInTime(string version)
    {
        using var certificates = new TestCertificates();
        certificates.Renew();
        var settings = certificates.Settings;
        settings["CLIENT_MESSAGE_TIMEOUT_MS"] = "1000";
        await using var node = await GatewayNode.Start(settings);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, SslOptions = certificates.Client() });
        using var socket = new ClientWebSocket { Options = { HttpVersion = Version.Parse(version), HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact } };
        await socket.ConnectAsync(new Uri($"wss://localhost:{node.Tls.External.Port}/socket/websocket?vsn=2.0.0&token={Token.Of("alice")}"), invoker, CancellationToken.None).Soon();
        await socket.SendAsync(new byte[65_000], WebSocketMessageType.Text, endOfMessage: false, CancellationToken.None).Soon();

        while ((await socket.ReceiveAsync(new byte[4096], CancellationToken.None).Soon()).MessageType != WebSocketMessageType.Close)
        {
        }

        Assert.That((socket.CloseStatus, socket.CloseStatusDescription), Is.EqualTo((WebSocketCloseStatus.PolicyViolation, "message_unfinished")));
    }

    /// <summary>The next frame that is neither a heartbeat nor about presence.</summary>
    private static async Task<string> Next(ClientWebSocket socket)
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, CancellationToken.None).Soon();
            Assert.That(received.MessageType, Is.EqualTo(WebSocketMessageType.Text));
            var text = Encoding.UTF8.GetString(buffer, 0, received.Count);
            if (!text.Contains("\"heartbeat\"", StringComparison.Ordinal) && !text.Contains("\"presence_", StringComparison.Ordinal))
            {
                return text;
            }
        }
    }
}
