using System.Globalization;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>Whoever is let in by a token hears as much as it allows, and for as long.</summary>
internal sealed class TokenTests
{
    [Test]
    public async Task Stream_EndsWithItsToken_AndIsToldBefore()
    {
        await using var node = await GatewayNode.Start(new() { ["JWT_EXPIRY_NOTICE_SECONDS"] = "2" });
        var end = DateTimeOffset.UtcNow.AddSeconds(5).ToUnixTimeSeconds();
        using var stream = await Listen(node, Token.Signed(Claims("alice", end)));

        Assert.That((await stream.Next("token_expiring")).Data, Is.EqualTo($$"""{"expires_at":{{end}}}"""));
        Assert.That(SecondsUntil(end), Is.LessThanOrEqualTo(3), "not before it is time");
        Assert.That((await stream.Next("closing")).Data, Is.EqualTo("""{"reason":"token_expired","reconnect":true}"""));
        await stream.Next("closing connection");
        Assert.That(await stream.Ended.Soon(), Is.EqualTo(StreamEnd.Clean));
        Assert.That(SecondsUntil(end), Is.LessThanOrEqualTo(1), "not before it is time");
        Assert.That((await node.Metrics()).Sum("rig_connections_closed_total", "reason=\"token_expired\""), Is.EqualTo(1));
    }

    [Test]
    public async Task Stream_OfAShortToken_IsToldRightAfterTheJoin()
    {
        await using var node = await GatewayNode.Start();
        var end = DateTimeOffset.UtcNow.AddSeconds(20).ToUnixTimeSeconds();
        using var stream = await Listen(node, Token.Signed(Claims("alice", end)));
        Assert.That((await stream.Next("token_expiring")).Data, Is.EqualTo($$"""{"expires_at":{{end}}}"""));
    }

    [Test]
    public async Task Stream_GoesOnBeyondItsToken_WhereTheOperatorWantsIt()
    {
        await using var node = await GatewayNode.Start(new() { ["JWT_ENFORCE_EXPIRY"] = "false" });
        using var stream = await Listen(node, Token.Signed(Claims("alice", DateTimeOffset.UtcNow.AddSeconds(2).ToUnixTimeSeconds())));
        await Task.Delay(TimeSpan.FromSeconds(4));
        await node.Publish("""{"user":"alice"}""");
        await stream.Next("message");
    }

    [Test]
    public async Task IssuerThatRotatesItsKey_IsBelieved_AndOpenStreamsStay()
    {
        await using var issuer = await JwksServer.Start(Jwk.Set(Jwk.Of("first", TestKeys.Rsa)));
        await using var node = await GatewayNode.Start(new() { ["JWT_SECRET_KEY"] = null, ["JWT_JWKS_URL"] = issuer.Url });
        var claims = Claims("alice", 4102444800);
        using var first = await Listen(node, Jws.Sign(claims, "RS256", TestKeys.Rsa, "first"));

        issuer.Answer = Jwk.Set(Jwk.Of("second", TestKeys.P256));
        using var second = await Listen(node, Jws.Sign(claims, "ES256", TestKeys.P256, "second"));
        await node.Publish("""{"user":"alice"}""");
        await first.Next("message");
        await second.Next("message");

        using var refused = await node.GetExternal($"/socket/sse?users[]=alice&token={Token.Of("alice")}");
        Assert.That((int)refused.StatusCode, Is.EqualTo(401));
        Assert.That(node.Log.All.Select(line => line.Text), Has.None.Contain("JWT_SECRET_KEY"));
    }

    [Test]
    public async Task IssuerThatIsDown_MeansTryAgain_NotRefused()
    {
        await using var issuer = await JwksServer.Start(null);
        await using var node = await GatewayNode.Start(new() { ["JWT_SECRET_KEY"] = null, ["JWT_JWKS_URL"] = issuer.Url });
        var token = Jws.Sign(Claims("alice", 4102444800), "RS256", TestKeys.Rsa, "first");
        using var answer = await node.GetExternal($"/socket/sse?users[]=alice&token={token}");
        Assert.That((int)answer.StatusCode, Is.EqualTo(503));
        Assert.That(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, Is.InRange(1, 5));

        issuer.Answer = Jwk.Set(Jwk.Of("first", TestKeys.Rsa));
        await Wait.Until(async () => await Status(node, token) == 200, "the keys are there");
    }

    private static string Claims(string user, long end) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"user":"{{user}}","roles":[],"exp":{{end}},"jti":"s1"}""");

    private static double SecondsUntil(long end) => (DateTimeOffset.FromUnixTimeSeconds(end) - DateTimeOffset.UtcNow).TotalSeconds;

    private static async Task<int> Status(GatewayNode node, string token)
    {
        using var connection = await RawConnection.Open(node.External);
        return (await connection.Ask("GET", $"/socket/sse?users[]=alice&token={token}")).Status;
    }

    private static async Task<SseClient> Listen(GatewayNode node, string token)
    {
        var stream = await SseClient.Open(node.External, $"users[]=alice&token={token}");
        await stream.Next("phx_reply");
        return stream;
    }
}
