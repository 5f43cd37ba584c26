using System.Buffers.Text;
using System.Net.WebSockets;
using System.Text;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.WebSockets;

/// <summary>Who gets a WebSocket, and what the others are answered.</summary>
internal sealed class HandshakeTests
{
    private static readonly string Good = Token.Of("alice");

    private GatewayNode _node = null!;

    [OneTimeSetUp]
    public async Task StartTheNode() => _node = await GatewayNode.Start(new() { ["ALLOWED_ORIGINS"] = "https://app.example" });

    [OneTimeTearDown]
    public async Task StopTheNode() => await _node.DisposeAsync();

    private static IEnumerable<TestCaseData> Answers()
    {
        yield return new TestCaseData($"token={Good}", "", 101).SetName("Good");
        yield return new TestCaseData($"token={Good}&vsn=1.0.0", "", 101).SetName("Vsn_1");
        yield return new TestCaseData($"token={Good}&vsn=2.0.0", "", 101).SetName("Vsn_2");
        yield return new TestCaseData("", $"Authorization: Bearer {Good}\r\n", 101).SetName("TokenInHeader");
        yield return new TestCaseData("", $"Authorization: {Good}\r\n", 101).SetName("TokenInHeader_Raw");
        yield return new TestCaseData($"token={Good}", "Origin: https://app.example\r\n", 101).SetName("Origin_Allowed");
        yield return new TestCaseData("", "", 403).SetName("Token_None");
        yield return new TestCaseData("token=rubbish", "", 403).SetName("Token_Rubbish");
        yield return new TestCaseData($"token={Token.Signed("""{"user":"alice","roles":[],"exp":1000000000,"jti":"1"}""")}", "", 403).SetName("Token_Expired");
        yield return new TestCaseData($"token={Good}&vsn=3.0.0", "", 403).SetName("Vsn_3");
        yield return new TestCaseData($"token={Good}&vsn=1.1.0", "", 403).SetName("Vsn_1_1");
        yield return new TestCaseData($"token={Good}&vsn=rubbish", "", 403).SetName("Vsn_Rubbish");
        yield return new TestCaseData($"token={Good}", "Origin: https://evil.example\r\n", 403).SetName("Origin_Other");
        yield return new TestCaseData($"token={Good}", "Origin: null\r\n", 403).SetName("Origin_Null");
    }

    [TestCaseSource(nameof(Answers))]
    public async Task Answer(string query, string headers, int status)
    {
        using var socket = await RawWebSocket.Ask(_node.External, query, headers);

        Assert.That(socket.Response.Status, Is.EqualTo(status));
        Assert.That(socket.Response[status == 101 ? "sec-websocket-accept" : "content-length"], Is.EqualTo(status == 101 ? "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" : "0"));
        Assert.That(socket.Response["sec-websocket-extensions"], Is.Null);
    }

    /// <summary>The others leave it to the browser who may read an answer.</summary>
    [TestCase("sse?users[]=alice", "https://app.example", "https://app.example")]
    [TestCase("sse?users[]=alice", "https://evil.example", null)]
    [TestCase("longpoll?vsn=2.0.0", "https://app.example", "https://app.example")]
    [TestCase("longpoll?vsn=2.0.0", "https://evil.example", null)]
    [TestCase("longpoll?vsn=2.0.0", "null", null)]
    public async Task OtherTransports_NameTheOriginThatIsAllowed(string path, string origin, string? named)
    {
        using var connection = await RawConnection.Open(_node.External);
        var response = await connection.Ask("GET", $"/socket/{path}&token={Good}", $"Origin: {origin}\r\n");

        Assert.That((response.Status, response["access-control-allow-origin"], response["vary"]), Is.EqualTo((200, named, named is null ? null : "Origin")));
    }

    [TestCase("GET", "rubbish", 403)]
    [TestCase("GET", null, 400)]
    [TestCase("POST", null, 400)]
    public async Task RequestWithoutUpgrade_IsAskedForItsTokenFirst(string method, string? token, int status)
    {
        using var connection = await RawConnection.Open(_node.External);
        var response = await connection.Ask(method, $"/socket/websocket?token={token ?? Good}");

        Assert.That((response.Status, await connection.ReadBody(response).Soon()), Is.EqualTo((status, "")));
    }

    [Test]
    public async Task TokenInTheSubprotocol_IsTaken_AndPhoenixIsSelected()
    {
        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol("phoenix");
        client.Options.AddSubProtocol($"base64url.bearer.phx.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Good))}");
        await client.ConnectAsync(new Uri($"ws://{_node.External.Authority}/socket/websocket?vsn=2.0.0"), CancellationToken.None).Soon();
        Assert.That(client.SubProtocol, Is.EqualTo("phoenix"));

        await client.SendAsync(Encoding.UTF8.GetBytes("""["1","1","user:alice","phx_join",{}]"""), WebSocketMessageType.Text, true, CancellationToken.None).Soon();
        var buffer = new byte[1000];
        var received = await client.ReceiveAsync(buffer, CancellationToken.None).Soon();
        Assert.That(Encoding.UTF8.GetString(buffer, 0, received.Count), Is.EqualTo("""["1","1","user:alice","phx_reply",{"status":"ok","response":{}}]"""));

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).Soon();
        Assert.That(client.CloseStatus, Is.EqualTo(WebSocketCloseStatus.NormalClosure));
    }

    [TestCase("phoenix, base64url.bearer.phx.!!!")]
    [TestCase("phoenix, base64url.bearer.phx.")]
    [TestCase("base64url.bearer.phx.cnViYmlzaA")]
    public async Task BadTokenInTheSubprotocol_IsRefused(string protocols)
    {
        using var socket = await RawWebSocket.Ask(_node.External, "vsn=2.0.0", $"Sec-WebSocket-Protocol: {protocols}\r\n");

        Assert.That(socket.Response.Status, Is.EqualTo(403));
    }
}
