using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;
using static RigKafka.IntegrationTests.WebSockets.RawWebSocket;

namespace RigKafka.IntegrationTests.WebSockets;

/// <summary>How the server ends a WebSocket: each client is told why, on each topic.</summary>
internal sealed class SocketEndTests
{
    private static readonly string[] TwoTopics = ["user:alice", "user:bob"];

    private GatewayNode _node = null!;

    [OneTimeSetUp]
    public async Task StartTheNode() => _node = await GatewayNode.Start(new() { ["PRIVILEGED_ROLES"] = "admin" });

    [OneTimeTearDown]
    public async Task StopTheNode() => await _node.DisposeAsync();

    [Test]
    public async Task SlowConsumer_IsBrokenOff_AndOthersAreNot()
    {
        await using var node = await GatewayNode.Start();
        using var healthy = await Listen(node.External, "crowd");
        using var slow = await Listen(node.External, "crowd", receiveBuffer: 4096);
        var pad = new string('x', 200_000);
        var n = 0;
        await Wait.Until(async () =>
        {
            await node.Publish($$"""{"user":"crowd","n":{{n}},"pad":"{{pad}}"}""");
            Assert.That(await healthy.Hear(), Does.Contain($"\"n\":{n++},"));
            return node.Registry.Open == 1;
        }, "it is closed");

        await node.Publish($$"""{"user":"crowd","n":{{n}},"pad":""}""");
        Assert.That(await healthy.Hear(), Does.Contain($"\"n\":{n},"));
    }

    [Test]
    public async Task Shutdown_IsToldOnEachTopic_ThenClosedWith1001()
    {
        var node = await GatewayNode.Start(new() { ["PRIVILEGED_ROLES"] = "admin" });
        using var socket = await Open(node.External, "alice", roles: "admin");
        using var idle = await Open(node.External, "bob");
        await socket.Say("""["1","1","user:alice","phx_join",{}]""");
        await socket.Say("""["2","2","user:bob","phx_join",{}]""");
        await socket.Hear();
        await socket.Hear();
        var stopping = node.DisposeAsync().AsTask();
        var events = new List<string>();

        Assert.That(await socket.ClosedFor(events), Is.EqualTo((1001, "shutdown")));
        Assert.That(await idle.ClosedFor(), Is.EqualTo((1001, "shutdown")));
        Assert.That(events, Is.EquivalentTo(TwoTopics.Select(topic => $$"""[null,null,"{{topic}}","closing",{"reason":"shutdown","reconnect":true}]""")));
        await stopping.Soon();
    }

    /// <summary>Also where it ends so soon that the notice is due before anything is joined.</summary>
    [Test]
    public async Task TokenThatEnds_IsToldOnEachTopic_BeforeAndAtTheEnd_AndTheSocketClosedWith1008()
    {
        var end = DateTimeOffset.UtcNow.AddSeconds(3).ToUnixTimeSeconds();
        using var socket = await Ask(_node.External, $"vsn=2.0.0&token={Token.Signed($$"""{"user":"alice","roles":["admin"],"exp":{{end}},"jti":"1"}""")}");
        await socket.Say("""["1","1","user:alice","phx_join",{}]""");
        await socket.Say("""["2","2","user:bob","phx_join",{}]""");
        var events = new List<string>();

        Assert.That(await socket.ClosedFor(events), Is.EqualTo((1008, "token_expired")));
        Assert.That(events, Is.EquivalentTo(TwoTopics.SelectMany((topic, i) => new[]
        {
            $$$"""["{{{i + 1}}}","{{{i + 1}}}","{{{topic}}}","phx_reply",{"status":"ok","response":{}}]""",
            $$$"""[null,null,"{{{topic}}}","token_expiring",{"expires_at":{{{end}}}}]""",
            $$"""[null,null,"{{topic}}","closing",{"reason":"token_expired","reconnect":true}]""",
        })));
    }
}
