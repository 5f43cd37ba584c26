using System.Net;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Sessions;
using RigKafka.IntegrationTests.WebSockets;

namespace RigKafka.IntegrationTests.Presence;

/// <summary>What back-ends are told of who is online, on one node.</summary>
internal sealed class PresenceApiTests
{
    private const string Firefox = "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0\r\n";

    [Test]
    public async Task Users_AreThoseWithTheRoleWhoListenToThemselves()
    {
        await using var node = await GatewayNode.Start(new() { ["SESSION_ROLE"] = "customer", ["PRIVILEGED_ROLES"] = "support" });
        Assert.That(await Get(node, "/v1/users"), Is.EqualTo("[]"));
        using var bob = await Listen(node, "bob", "bob", "customer");
        using var alice = await Listen(node, "alice", "alice", "customer", "support");
        using var other = await Listen(node, "carol", "carol", "support");
        using var boss = await Listen(node, "boss", "alice", "customer", "support");

        await Wait.Until(async () => await Get(node, "/v1/users") == """["alice","bob"]""", "both are listed, and boss is not, who listens to another");
        bob.Dispose();
        await Wait.Until(async () => await Get(node, "/v1/users") == """["alice"]""", "bob has gone");
    }

    [Test]
    public async Task Sessions_HaveTheMetasOfAllWhoListen()
    {
        await using var node = await GatewayNode.Start(new() { ["PRIVILEGED_ROLES"] = "support", ["TRUSTED_PROXIES"] = "127.0.0.1" });
        var before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        using var alice = await SseClient.Open(node.External, $"users[]=alice&token={Token.Of("alice", "user")}", Firefox + "X-Forwarded-For: 192.0.2.7\r\n");
        using var boss = await Listen(node, "boss", "alice", "support");
        await Wait.Until(async () => Metas(await Get(node, "/v1/users/alice/sessions")).Count == 2, "both are listed");

        var meta = Metas(await Get(node, "/v1/users/alice/sessions")).Single(meta => meta.GetProperty("user").GetString() == "alice");
        Assert.That(meta.EnumerateObject().Select(member => member.Name), Is.EqualTo(["user", "roles", "jti", "exp", "time", "address", "device", "browser", "phx_ref"]));
        Assert.That(meta.GetProperty("roles").GetRawText(), Is.EqualTo("""["user"]"""));
        Assert.That((meta.GetProperty("jti").GetString(), meta.GetProperty("exp").GetInt64()), Is.EqualTo(("session of alice", 4102444800)));
        Assert.That((meta.GetProperty("address").GetString(), meta.GetProperty("device").GetString(), meta.GetProperty("browser").GetString()), Is.EqualTo(("192.0.2.7", "desktop", "Firefox")));
        Assert.That(meta.GetProperty("time").GetInt64(), Is.InRange(before, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));
        Assert.That(await Get(node, "/v1/users/nobody/sessions"), Is.EqualTo("[]"));
    }

    [Test]
    public async Task User_IsOnlineWithSoManyConnections_OnTheseNodes_Since()
    {
        await using var node = await GatewayNode.Start();
        Assert.That(await Get(node, "/v1/users/alice"), Is.EqualTo("""{"user":"alice","online":false,"since":null,"connections":0,"nodes":[],"sessions":[]}"""));
        using var stream = await node.Listen("alice");
        using var socket = await RawWebSocket.Listen(node.External, "alice");
        await Wait.Until(async () => (await Get(node, "/v1/users/alice")).Contains("\"connections\":2", StringComparison.Ordinal), "both are counted");

        using var answer = JsonDocument.Parse(await Get(node, "/v1/users/alice"));
        var user = answer.RootElement;
        Assert.That((user.GetProperty("online").GetBoolean(), user.GetProperty("nodes").GetArrayLength()), Is.EqualTo((true, 1)));
        Assert.That(user.GetProperty("sessions").EnumerateArray().Select(session => (session.GetProperty("jti").GetString(), session.GetProperty("expires_at").GetInt64(), session.GetProperty("meta").GetProperty("address").GetString())), Is.All.EqualTo(("session of alice", 4102444800, "127.0.0.1")).And.Exactly(2).Items);
        Assert.That(user.GetProperty("since").GetInt64(), Is.EqualTo(Metas(await Get(node, "/v1/users/alice/sessions")).Min(meta => meta.GetProperty("time").GetInt64())));
    }

    [Test]
    public async Task Session_SaysWhatItListensTo_AndIsNotFoundOnceItHasEnded()
    {
        await using var node = await GatewayNode.Start(new() { ["PRIVILEGED_ROLES"] = "support" });
        using var stream = await SseClient.Open(node.External, $"users[]=alice&users[]=bob&token={Token.Of("alice", "support")}");
        await Wait.Until(async () => (await node.Call(HttpMethod.Get, "/v1/sessions/session%20of%20alice")).StatusCode == HttpStatusCode.OK, "it is listed");

        using var answer = JsonDocument.Parse(await Get(node, "/v1/sessions/session%20of%20alice"));
        var session = answer.RootElement;
        Assert.That((session.GetProperty("jti").GetString(), session.GetProperty("user").GetString(), session.GetProperty("expires_at").GetInt64(), session.GetProperty("connections").GetInt32()),
            Is.EqualTo(("session of alice", "alice", 4102444800, 1)));
        Assert.That(session.GetProperty("channels").EnumerateArray().Select(channel => channel.GetProperty("topic").GetString()), Is.EquivalentTo(["user:alice", "user:bob"]));

        await node.EndSession("alice", "session%20of%20alice");
        await Wait.Until(async () => (await node.Call(HttpMethod.Get, "/v1/sessions/session%20of%20alice")).StatusCode == HttpStatusCode.NotFound, "it has ended");
    }

    [Test]
    public async Task NamesWithSlashes_AreNames()
    {
        await using var node = await GatewayNode.Start();
        using var stream = await node.Listen("a/b c");

        await Wait.Until(async () => (await Get(node, "/v1/users/a%2Fb%20c")).Contains("\"online\":true", StringComparison.Ordinal), "it is listed");
        Assert.That(Metas(await Get(node, "/v1/users/a%2Fb%20c/sessions")), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task PublicClaims_AreThoseOfTheSettings()
    {
        await using var node = await GatewayNode.Start(new() { ["PRESENCE_CLAIMS"] = "user, team, missing" });
        using var stream = await SseClient.Open(node.External, $"users[]=alice&token={Token.Signed("""{"user":"alice","roles":["secret"],"exp":4102444800,"jti":"hidden","team": { "name" : "blue" }}""")}");
        await Wait.Until(async () => Metas(await Get(node, "/v1/users/alice/sessions")).Count == 1, "alice is listed");

        Assert.That(await Get(node, "/v1/users/alice/sessions"), Does.StartWith("""[{"user":"alice","team":{"name":"blue"},"time":""").And.Not.Contains("hidden").And.Not.Contains("secret"));
    }

    [Test]
    public async Task WithoutPresence_NobodyIsToldAnything()
    {
        await using var node = await GatewayNode.Start(new() { ["PRESENCE_ENABLED"] = "false" });
        using var socket = await RawWebSocket.Open(node.External, "alice");
        await socket.Say("""["1","1","user:alice","phx_join",{}]""");
        await socket.Hear();
        foreach (var path in new[] { "/v1/users", "/v1/users/alice", "/v1/users/alice/sessions", "/v1/sessions/x" })
        {
            Assert.That(await node.Expect(HttpStatusCode.NotFound, HttpMethod.Get, path), Does.Contain("PRESENCE_ENABLED"));
        }
    }

    [Test]
    public async Task WebSocket_GetsTheStateAfterTheReply_AndThenDiffs()
    {
        await using var node = await GatewayNode.Start();
        using var socket = await RawWebSocket.Open(node.External, "alice");
        await socket.Say("""["1","1","user:alice","phx_join",{}]""");

        Assert.That(await socket.HearPresence(), Is.EqualTo("""[null,null,"user:alice","presence_state",{}]"""));
        Assert.That(await socket.HearPresence(), Does.StartWith("""[null,null,"user:alice","presence_diff",{"joins":{"alice":{"metas":[{"user":"alice",""").And.EndWith(""","leaves":{}}]"""));
        using var old = await RawWebSocket.Open(node.External, "alice", "1.0.0");
        await old.Say("""{"topic":"user:alice","event":"phx_join","payload":{},"ref":"1"}""");
        Assert.That(await old.HearPresence(), Does.StartWith("""{"topic":"user:alice","ref":null,"payload":{"alice":{"metas":[{""").And.EndWith(""","event":"presence_state"}"""));
    }

    [Test]
    public async Task Rejoin_TakesThePlaceOfTheJoinBefore()
    {
        await using var node = await GatewayNode.Start();
        using var watcher = await SseClient.Open(node.External, $"users[]=alice&token={Token.Of("alice")}");
        await watcher.NextPresence();
        await watcher.NextPresence();
        using var socket = await RawWebSocket.Listen(node.External, "alice");
        await watcher.NextPresence();
        await socket.Say("""["2","2","user:alice","phx_join",{}]""");

        using var diff = JsonDocument.Parse((await watcher.NextPresence()).Data!);
        Assert.That(diff.RootElement.GetProperty("joins").GetProperty("alice").GetProperty("metas").GetArrayLength(), Is.EqualTo(1));
        Assert.That(diff.RootElement.GetProperty("leaves").GetProperty("alice").GetProperty("metas").GetArrayLength(), Is.EqualTo(1));
        Assert.That(Metas(await Get(node, "/v1/users/alice/sessions")), Has.Count.EqualTo(2));
    }

    private static Task<SseClient> Listen(GatewayNode node, string user, string to, params string[] roles) => SseClient.Open(node.External, $"users[]={to}&token={Token.Of(user, roles)}");

    private static Task<string> Get(GatewayNode node, string path) => node.Expect(HttpStatusCode.OK, HttpMethod.Get, path);

    private static List<JsonElement> Metas(string json) => [.. JsonDocument.Parse(json).RootElement.EnumerateArray()];
}
