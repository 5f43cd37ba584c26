using NUnit.Framework;
using RigKafka.Auth;
using RigKafka.Connections;

namespace RigKafka.Tests.Channels;

/// <summary>What comes of another token that a client of the channel protocol shows to go on with.</summary>
internal sealed class AccessTokenTests
{
    private static readonly Identity Alice = new("1", "alice", false, [], DateTimeOffset.MaxValue);

    [TestCase(1, "user:alice", """{"topic":"user:alice","ref":"2","payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}""")]
    [TestCase(2, "user:alice", """["1","2","user:alice","phx_reply",{"status":"ok","response":{}}]""")]
    [TestCase(1, "phoenix", """{"topic":"phoenix","ref":"2","payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}""")]
    [TestCase(2, "phoenix", """[null,"2","phoenix","phx_reply",{"status":"ok","response":{}}]""")]
    public async Task AccessToken_OfTheSameUser_IsAnswered_AndItsSessionTakesThePlaceOfTheFirst(int vsn, string topic, string reply)
    {
        using var client = new ChannelClient(Alice, vsn);
        await client.Say("1", "user:alice", "phx_join");
        await client.Heard(1);
        await client.Renew("2", Fresh(), topic);
        Assert.That((await client.Heard(2))[1], Is.EqualTo(reply));
        Assert.That(client.Connection.Holder, Is.EqualTo(new Holder("2", "alice", 5, DateTimeOffset.FromUnixTimeSeconds(4102444800))));

        await client.Add("1");
        await client.Node.Settle();
        Assert.That(client.Connection.Closed.IsCompleted, Is.False);
        await client.Add("2");
        Assert.That(await TestNode.End(client.Connection), Is.EqualTo(CloseReason.TokenBlacklisted));
    }

    [Test]
    public async Task AccessToken_ThatIsNotTaken_IsRefused_AndChangesNothing()
    {
        using var client = new ChannelClient(Alice, 2);
        await client.Add("gone");
        await client.Say("1", "user:alice", "phx_join");
        await client.Heard(1);
        (string Payload, string Reason)[] attempts =
        [
            ("{}", "no_token"),
            ("[]", "no_token"),
            ("""{"access_token":1}""", "no_token"),
            ("""{"access_token":"\ud800"}""", "no_token"),
            ("""{"access_token":"rubbish"}""", "malformed"),
            ($$"""{"access_token":"{{Fresh(secret: "another")}}"}""", "bad_signature"),
            ($$"""{"access_token":"{{Fresh(expires: 1)}}"}""", "expired"),
            ($$"""{"access_token":"{{Fresh(session: "gone")}}"}""", "blacklisted"),
            ($$"""{"access_token":"{{Fresh(user: "bob")}}"}""", "other_user"),
        ];
        for (var i = 0; i < attempts.Length; i++)
        {
            await client.Say("2", "user:alice", "access_token", attempts[i].Payload);
            Assert.That((await client.Heard(i + 2))[^1], Is.EqualTo($$$"""["1","2","user:alice","phx_reply",{"status":"error","response":{"reason":"{{{attempts[i].Reason}}}"}}]"""));
        }

        Assert.That(client.Connection.Holder, Is.EqualTo(Alice.ToHolder()));
        Assert.That(client.Node.Registry.SessionIndex.OfSession("1"), Is.EqualTo([client.Connection]));
        await client.Add("1");
        Assert.That(await TestNode.End(client.Connection), Is.EqualTo(CloseReason.TokenBlacklisted));
    }

    [TestCase(1, """{"topic":"user:bob","ref":"2","payload":{"reason":"join_denied"},"event":"phx_close"}""")]
    [TestCase(2, """["2","2","user:bob","phx_close",{"reason":"join_denied"}]""")]
    public async Task AccessToken_WithOtherRoles_ClosesWhatIsNoLongerAllowed_AndDecidesLaterJoins(int vsn, string closed)
    {
        using var client = new ChannelClient(Alice with { Roles = ["admin"] }, vsn);
        await client.Say("1", "user:alice", "phx_join");
        await client.Say("2", "user:bob", "phx_join");
        await client.Heard(2);
        await client.Renew("3", Fresh(), "user:bob");
        var heard = await client.Heard(4);
        Assert.That(heard[2], Does.Contain("\"ok\"").And.Contain("\"3\""), "the reply comes before its channel ends");
        Assert.That(heard[3], Is.EqualTo(closed));
        Assert.That(client.Node.Registry.ChannelsOf(client.Connection).Select(channel => channel.Topic.Topic), Is.EqualTo(["user:alice"]));

        await client.Say("4", "user:bob", "phx_join");
        Assert.That((await client.Heard(5))[4], Does.Contain("unauthorized user"));
        await client.Renew("5", Fresh(roles: "\"admin\""));
        await client.Say("6", "user:bob", "phx_join");
        Assert.That((await client.Heard(7))[6], Does.Contain("\"ok\"").And.Contain("\"6\""));
    }

    [Test]
    public async Task AccessToken_ThatLivesLonger_MovesTheEnd()
    {
        using var client = new ChannelClient(Alice with { Expires = new DateTimeOffset(2000, 1, 1, 0, 1, 0, TimeSpan.Zero) }, 2);
        await client.Say("1", "user:alice", "phx_join");
        await client.Heard(1);
        await client.Renew("2", Fresh());
        await client.Heard(2);
        client.Node.Time.Advance(TimeSpan.FromMinutes(2));
        client.Node.Registry.LookAtDeadlines();
        await client.Node.Settle();

        Assert.That(client.Connection.Closed.IsCompleted, Is.False);
    }

    [Test]
    public async Task AccessToken_OnATopicThatIsNotJoined_IsUnmatched()
    {
        using var client = new ChannelClient(Alice, 2);
        await client.Renew("2", Fresh());

        Assert.That(await client.Answer(), Is.EqualTo("""[null,"2","user:alice","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]"""));
        Assert.That(client.Connection.Holder, Is.EqualTo(Alice.ToHolder()));
    }

    private static string Fresh(string session = "2", string user = "alice", string roles = "", long expires = 4102444800, string secret = Jws.Secret) =>
        Jws.Sign($$"""{"user":"{{user}}","roles":[{{roles}}],"exp":{{expires}},"iat":5,"jti":"{{session}}"}""", secret: secret);
}
