using System.Net;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Sessions;
using RigKafka.IntegrationTests.WebSockets;

namespace RigKafka.IntegrationTests.Phoenix;

/// <summary>What the real clients make of the end of their token, and how they go on with another: all of them at once, on one node.</summary>
internal sealed class PhoenixTokenTests
{
    private GatewayNode _node = null!;

    [OneTimeSetUp]
    public async Task StartTheNode()
    {
        await PhoenixClientTests.Installed.Value;
        _node = await GatewayNode.Start();
    }

    [OneTimeTearDown]
    public async Task StopTheNode()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }
    }

    [Test]
    public Task RenewedToken_KeepsTheConnection_BeyondTheEndOfTheFirst() => EachClient.Does(async (version, transport) =>
    {
        // Enough for all of these programs to start.
        var end = DateTimeOffset.UtcNow.AddSeconds(12).ToUnixTimeSeconds();
        var user = $"renewer-{version}-{transport}";
        var topic = $"user:{user}";
        await using var client = PhoenixClient.Start(version, transport, _node.External, Until(end, user));
        await client.Join(topic);
        await client.Notices("joined");
        await client.Renew(topic, Token.Signed($$"""{"user":"another","roles":[],"exp":4102444800,"jti":"another"}"""));
        Assert.That((await client.Notices("refused")).GetProperty("response").GetProperty("reason").GetString(), Is.EqualTo("other_user"));
        await client.Renew(topic, Token.Of(user));
        await client.Notices("renewed");
        using (var clock = await RawWebSocket.Ask(_node.External, $"vsn=2.0.0&token={Until(end + 1, user)}"))
        {
            Assert.That(await clock.Closed(), Is.EqualTo(1008), "the first token's time is over");
        }

        await _node.Publish($$"""{"user":"{{user}}"}""");
        await client.Notices("message");
        Assert.That(client.HasNoticed("closing") || client.HasNoticed("close"), Is.False);
    });

    /// <summary>Kept in docs/reference/wire.md.</summary>
    [Test]
    public Task Kick_ClosesWith1000_AndEachClientDoesWhatItDoes() => EachClient.Does(async (version, transport) =>
    {
        var user = $"kicked-{version}-{transport}";
        await using var client = PhoenixClient.Start(version, transport, _node.External, Token.Of(user));
        await client.Join($"user:{user}");
        await client.Notices("joined");
        await _node.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, $"/v1/users/{user}/sessions/{Uri.EscapeDataString($"session of {user}")}");
        Assert.That((await client.Notices("closing")).GetProperty("payload").GetRawText(), Is.EqualTo("""{"reason":"token_blacklisted","reconnect":false}"""));
        var closed = await client.Notices("close");
        switch (version, transport)
        {
            case ("1.7", "websocket"):
                Assert.That(closed.GetProperty("code").GetInt32(), Is.EqualTo(1000));
                // Nothing tells that it does not come back; it would within 200 ms.
                await Task.Delay(TimeSpan.FromSeconds(1));
                Assert.That(client.HasNoticed("error"), Is.False, "it stays away");
                break;
            case (_, "websocket"):
                Assert.That(closed.GetProperty("code").GetInt32(), Is.EqualTo(1000));
                await client.Notices("error");
                await client.Notices("error");
                break;
            case ("1.7" or "1.8", _):
                await Forbidden(client);
                await Forbidden(client);
                break;
            default:
                Assert.That((await client.Notices("thrown")).GetProperty("error").GetString(), Does.Contain("unhandled poll status 403"));
                break;
        }

        Assert.That(await _node.TryListen(user, $"session of {user}"), Is.EqualTo(HttpStatusCode.Unauthorized));
    });

    /// <summary>The option authToken of client 1.8: a subprotocol of the WebSocket, a header of the polls.</summary>
    [Test]
    public async Task TokenOutOfTheAddress_IsTaken([ValueSource(typeof(PhoenixClientTests), nameof(PhoenixClientTests.Transports))] string transport)
    {
        await using var client = PhoenixClient.Start("1.8", transport, _node.External, Token.Of("hidden"), outOfTheAddress: true);
        await client.Join("user:hidden");
        await client.Notices("joined");
        await _node.Publish("""{"user":"hidden"}""");
        await client.Notices("message");
    }

    /// <summary>It may notice closes of its own between those that it is refused by.</summary>
    private static async Task Forbidden(PhoenixClient client)
    {
        while (!((await client.Notices("close")).TryGetProperty("code", out var code) && code.GetInt32() == 1008))
        {
        }
    }

    private static string Until(long end, string user) => Token.Signed($$"""{"user":"{{user}}","roles":[],"exp":{{end}},"jti":"first of {{user}}"}""");
}
