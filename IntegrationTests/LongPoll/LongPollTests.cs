using System.Net;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.LongPoll;

/// <summary>The long-poll protocol of the Phoenix clients, by hand.</summary>
internal sealed class LongPollTests : LongPollFixture
{
    [Test]
    public async Task FirstPoll_GetsASession_AndItsTokenTakesThePlaceOfTheJwt()
    {
        var session = await OpenSession("alice");
        Assert.That(await Say(session, Join2), Is.EqualTo("""{"status":200}"""));
        Assert.That((await Poll(session)).Messages.Single(), Is.EqualTo("""["1","1","user:alice","phx_reply",{"status":"ok","response":{}}]"""));

        // Stock clients send both, the JWT first.
        await Node.Publish("""{"user":"alice","n":1}""");
        var answer = await Get($"token={Token.Of("alice")}&vsn=2.0.0&token={session}");
        Assert.That((answer.Status, answer.Token, answer.Messages.Single()), Is.EqualTo((200, session, """[null,null,"user:alice","message",{"user":"alice","n":1}]""")));
    }

    [Test]
    public async Task Version1_HasObjects()
    {
        var session = await OpenSession("alice", "1.0.0");
        await Say(session, """{"topic":"user:alice","event":"phx_join","payload":{},"ref":"1"}""", "1.0.0");
        Assert.That(await Text($"vsn=1.0.0&token={session}"), Is.EqualTo(
            $$$"""{"token":"{{{session}}}","status":200,"messages":[{"topic":"user:alice","ref":"1","payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}]}"""));
    }

    [Test]
    public async Task Poll_WithoutMessages_EndsWith204_AfterItsWindow()
    {
        var session = await OpenSession("alice");

        Assert.That(await Text($"vsn=2.0.0&token={session}"), Is.EqualTo($$"""{"token":"{{session}}","status":204,"messages":[]}"""));
    }

    [Test]
    public async Task Messages_WaitForTheNextPoll_InOrder()
    {
        const int Messages = 100;
        var session = await OpenSession("ordered");
        await Say(session, """["1","1","user:ordered","phx_join",{}]""");
        await Poll(session);
        for (var i = 0; i < Messages; i++)
        {
            await Node.Publish($$"""{"user":"ordered","n":{{i}}}""");
        }

        var got = new List<string>();
        while (got.Count < Messages)
        {
            got.AddRange((await Poll(session)).Messages);
        }

        Assert.That(got, Is.EqualTo(Enumerable.Range(0, Messages).Select(i => $$"""[null,null,"user:ordered","message",{"user":"ordered","n":{{i}}}]""")));
    }

    [Test]
    public async Task Post_OfSeveralLines_IsSeveralMessages()
    {
        var session = await OpenSession("alice");
        Assert.That(await Say(session, Join2 + "\n\r\n[null,\"2\",\"phoenix\",\"heartbeat\",{}]\n"), Is.EqualTo("""{"status":200}"""));
        var got = new List<string>();
        while (got.Count < 2)
        {
            got.AddRange((await Poll(session)).Messages);
        }

        Assert.That(got, Has.Exactly(1).StartWith("[\"1\"").And.Exactly(1).StartWith("[null,\"2\""));
    }

    [Test]
    public async Task DeniedJoin_IsAnswered200_AndItsReplySaysSo()
    {
        var session = await OpenSession("alice");
        Assert.That(await Say(session, """["1","1","user:bob","phx_join",{}]"""), Is.EqualTo("""{"status":200}"""));
        Assert.That((await Poll(session)).Messages.Single(), Does.Contain("unauthorized user"));
    }

    [TestCase("token=rubbish&vsn=2.0.0")]
    [TestCase("vsn=2.0.0")]
    [TestCase("token=JWT&vsn=3.0.0")]
    public async Task WhoIsNotLetIn_IsAnswered403(string query) =>
        Assert.That(await Text(query.Replace("JWT", Token.Of("alice"), StringComparison.Ordinal)), Is.EqualTo("""{"status":403}"""));

    [Test]
    public async Task TokenInTheHeaderOfNewerClients_IsTaken()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address("vsn=2.0.0"));
        request.Headers.Add("X-Phoenix-AuthToken", Token.Of("alice"));
        using var answer = await Client.SendAsync(request).Soon();

        Assert.That(await answer.Content.ReadAsStringAsync().Soon(), Does.EndWith("\"status\":410}"));
    }

    [Test]
    public async Task NodeThatIsFull_IsAnswered500_SoThatTheClientTriesAgain()
    {
        await using var full = await GatewayNode.Start(new() { ["MAX_CONNECTIONS"] = "1" });
        using var stream = await full.Listen("alice");

        Assert.That(await Client.GetStringAsync(new Uri(full.External, $"/socket/longpoll?vsn=2.0.0&token={Token.Of("alice")}")).Soon(), Is.EqualTo("""{"status":500}"""));
    }

    [Test]
    public async Task OtherMethods_AndPreflights()
    {
        using var put = await Client.PutAsync(Address(""), new StringContent("")).Soon();
        Assert.That(put.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        using var request = new HttpRequestMessage(HttpMethod.Options, Address(""));
        request.Headers.Add("Access-Control-Request-Headers", "x-phoenix-authtoken");
        using var preflight = await Client.SendAsync(request).Soon();
        Assert.That(preflight.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(preflight.Headers.GetValues("Access-Control-Allow-Origin").Single(), Is.EqualTo("*"));
        Assert.That(preflight.Headers.GetValues("Access-Control-Allow-Headers").Single(), Is.EqualTo("x-phoenix-authtoken"));
    }
}
