using System.Net;
using System.Net.WebSockets;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sessions;

/// <summary>The calls of an operator who ends sessions, on a node without Kafka.</summary>
internal sealed class BlacklistApiTests
{
    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    [Test]
    public async Task EndSession_EndsItsStreamsAndRefusesItsToken()
    {
        await using var node = await GatewayNode.Start();
        using var one = await node.Listen("alice", "s1");
        using var two = await node.Listen("alice", "s1");
        using var other = await node.Listen("alice", "s2");

        using var answer = await node.Call(HttpMethod.Delete, "/v1/users/alice/sessions/s1");

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((answer.Content.Headers.ContentLength, await answer.Content.ReadAsStringAsync()), Is.EqualTo(((long?)null, "")).Or.EqualTo(((long?)0, "")));
        await SessionCalls.AssertIsToldAndEnded(one);
        await SessionCalls.AssertIsToldAndEnded(two);
        Assert.That(await node.TryListen("alice", "s1"), Is.EqualTo(HttpStatusCode.Unauthorized));
        await node.Publish("""{"user":"alice","text":"still here"}""");
        Assert.That((await other.Next("message")).Data, Does.Contain("still here"));
        var metrics = await node.Metrics();
        Assert.That(metrics.Sum("rig_connections_closed_total", "reason=\"token_blacklisted\""), Is.EqualTo(2));
        Assert.That(metrics.Sum("rig_connections_refused_total", "reason=\"blacklisted\""), Is.EqualTo(1));
        Assert.That(metrics.Sum("rig_table_entries", "table=\"blacklist\""), Is.EqualTo(1));
    }

    [Test]
    public async Task Calls_LeaveALine_WithWhoIsMeant_UntilWhen_AndWhoAsked()
    {
        await using var node = await GatewayNode.Start();
        using var stream = await node.Listen("alice", "s1");

        await node.Expect(HttpStatusCode.OK, HttpMethod.Put, "/v1/blacklist/s1", """{"expires_at":4102444800}""");
        await node.Expect(HttpStatusCode.OK, HttpMethod.Put, "/v1/blacklist/users/al%0Aice", """{"expires_at":4102444800}""");
        await node.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, "/v1/blacklist/s1");

        Assert.That(node.Log.Of("SessionEnded"), Is.EqualTo(["The session \"s1\" is on the blacklist; connections to this node that were ended: 1."]));
        Assert.That(node.Log.Of("Blacklisted"), Is.EqualTo([
            "A call from 127.0.0.1 put the session \"s1\" on the blacklist until 2100-01-01 00:00:00Z.",
            "A call from 127.0.0.1 put the user \"al\\nice\" on the blacklist until 2100-01-01 00:00:00Z.",
        ]));
        Assert.That(node.Log.Of("BlacklistLifted"), Is.EqualTo(["A call from 127.0.0.1 took the session \"s1\" off the blacklist."]));
        Assert.That(node.Log.Texts, Has.None.Contains(SessionCalls.TokenOf("alice", "s1")));
    }

    [Test]
    public async Task EndSession_ClosesItsWebSocketsAsTheOriginalDid()
    {
        await using var node = await GatewayNode.Start();
        var address = new UriBuilder(node.External) { Scheme = "ws", Path = "/socket/websocket", Query = $"vsn=1.0.0&token={SessionCalls.TokenOf("alice", "s1")}" }.Uri;
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(address, CancellationToken.None).Soon();

        await node.EndSession("alice", "s1");

        WebSocketReceiveResult received;
        do
        {
            received = await socket.ReceiveAsync(new byte[4096], CancellationToken.None).Soon();
        }
        while (received.MessageType != WebSocketMessageType.Close);

        Assert.That((socket.CloseStatus, socket.CloseStatusDescription), Is.EqualTo((WebSocketCloseStatus.NormalClosure, "token_blacklisted")));
        using var again = new ClientWebSocket();
        Assert.That(() => again.ConnectAsync(address, CancellationToken.None).Soon(), Throws.TypeOf<WebSocketException>());
    }

    [Test]
    public async Task EndSession_ForAnyUserAndAnUnknownSession_IsAnsweredAlike()
    {
        await using var node = await GatewayNode.Start();
        using var stream = await node.Listen("alice", "s1");

        await node.EndSession("nobody", "never-seen");
        await node.EndSession("nobody", "s1");

        await SessionCalls.AssertIsToldAndEnded(stream);
    }

    [Test]
    public async Task EndSession_Expiry_IsTheLaterOfTheSettingAndTheSessionsOwn()
    {
        await using var node = await GatewayNode.Start();
        using var stream = await node.Listen("alice", "long-lived");

        await node.EndSession("alice", "long-lived");
        await node.EndSession("alice", "unknown");

        Assert.That(await Expiry(node, "long-lived"), Is.EqualTo(4102444800));
        Assert.That(await Expiry(node, "unknown"), Is.EqualTo(Now + 3600).Within(Limits.HangSeconds));
    }

    [Test]
    public async Task EndSession_ByACallerWithATokenOfASession_LastsUntilThatEnds()
    {
        await using var node = await GatewayNode.Start();
        var exp = Now + 1234;
        var token = Token.Signed($$"""{"user":"admin","roles":[],"exp":{{exp}},"jti":"a"}""");

        await node.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, "/v1/users/alice/sessions/one", null, token);
        await node.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, "/v1/users/alice/sessions/bearer", null, "Bearer " + token);
        await node.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, "/v1/users/alice/sessions/garbage", null, "nonsense");

        Assert.That(await Expiry(node, "one"), Is.EqualTo(exp));
        Assert.That(await Expiry(node, "bearer"), Is.EqualTo(Now + 3600).Within(Limits.HangSeconds));
        Assert.That(await Expiry(node, "garbage"), Is.EqualTo(Now + 3600).Within(Limits.HangSeconds));
    }

    [Test]
    public async Task ApiToken_IsAskedOfEveryCallToV1()
    {
        await using var node = await GatewayNode.Start(new() { ["API_TOKEN"] = "first-token, second-token" });
        foreach (var (method, path) in new[] { (HttpMethod.Delete, "/v1/users/a/sessions/b"), (HttpMethod.Get, "/v1/blacklist"), (HttpMethod.Post, "/v1/messages"), (HttpMethod.Get, "/V1/nothing") })
        {
            using var answer = await node.Call(method, path);
            Assert.That((answer.StatusCode, answer.Headers.WwwAuthenticate.ToString(), await answer.Content.ReadAsStringAsync()),
                Is.EqualTo((HttpStatusCode.Unauthorized, "Bearer", """{"errors":{"detail":"Unauthorized"}}""")));
        }

        foreach (var wrong in new[] { "first-token", "Bearer", "Bearer ", "Bearer first-toke", "Bearer first-token, second-token", "Basic first-token", "Bearer " + Token.Of("alice") })
        {
            await node.Expect(HttpStatusCode.Unauthorized, HttpMethod.Get, "/v1/blacklist", null, wrong);
        }

        await node.Expect(HttpStatusCode.OK, HttpMethod.Get, "/v1/blacklist", null, "Bearer first-token");
        await node.Expect(HttpStatusCode.OK, HttpMethod.Get, "/v1/blacklist", null, "bearer  second-token");
        await node.Expect(HttpStatusCode.OK, HttpMethod.Get, "/health");
        Assert.That((await node.Metrics()).Names, Is.Not.Empty);
    }

    [Test]
    public async Task Start_OfAnApiThatAnybodyCanReach_IsWarnedOf()
    {
        await using var open = await GatewayNode.Start(new() { ["LISTEN_ADDRESS"] = "0.0.0.0" });
        await using var guarded = await GatewayNode.Start(new() { ["LISTEN_ADDRESS"] = "0.0.0.0", ["API_TOKEN"] = "secret" });
        await using var local = await GatewayNode.Start();

        Assert.That((await open.Log.First("ApiOpen")).Text, Does.StartWith("API_TOKEN is not set and the API port listens beyond this machine"));
        Assert.That(guarded.Log.All.Concat(local.Log.All).Select(line => line.EventName), Has.None.EqualTo("ApiOpen"));
    }

    private static async Task<long> Expiry(GatewayNode node, string session) => SessionCalls.ExpiresAt(await node.Expect(HttpStatusCode.OK, HttpMethod.Get, $"/v1/blacklist/{session}"));
}
