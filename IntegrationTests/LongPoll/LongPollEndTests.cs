using System.Diagnostics;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Sessions;

namespace RigKafka.IntegrationTests.LongPoll;

/// <summary>How sessions of long polling end, and what is answered to those that have none.</summary>
internal sealed class LongPollEndTests : LongPollFixture
{
    [TestCase("{")]
    [TestCase("[1]")]
    public async Task MalformedPost_EndsTheSession(string body)
    {
        var session = await OpenSession("alice");
        Assert.That(await Say(session, body), Is.EqualTo("""{"status":500}"""));
        await Wait.Until(async () => (await Get($"token={session}")).Status == 500, "it has ended");
    }

    [Test]
    public async Task PostThatIsTooBig_EndsTheSession()
    {
        var session = await OpenSession("alice");
        Assert.That(await Say(session, new string(' ', 65_537)), Is.EqualTo("""{"status":500}"""));
    }

    [Test]
    public async Task PostsThatAreTooMany_EndTheSession()
    {
        var session = await OpenSession("hasty");
        await Say(session, """["1","1","user:hasty","phx_join",{}]""");
        await Poll(session);
        var poll = Poll(session);
        Assert.That(await Say(session, string.Concat(Enumerable.Repeat("[null,null,\"user:hasty\",\"shout\",{}]\n", 1_500))), Is.EqualTo("""{"status":500}"""));

        Assert.That((await poll).Messages, Is.EqualTo(["""[null,null,"user:hasty","closing",{"reason":"too_many_messages","reconnect":true}]"""]));
    }

    /// <summary>What the session's token opened is closed, for whoever has it.</summary>
    [Test]
    public async Task Session_ThatIsBlacklisted_IsToldSo_AndIsOver()
    {
        var session = await OpenSession("kicked");
        await Say(session, """["1","1","user:kicked","phx_join",{}]""");
        await Poll(session);
        var poll = Poll(session);
        var ending = Node.EndSession("kicked", Uri.EscapeDataString("session of kicked"));
        Assert.That((await poll).Messages, Is.EqualTo(["""[null,null,"user:kicked","closing",{"reason":"token_blacklisted","reconnect":false}]"""]));
        Assert.That(await Text($"vsn=2.0.0&token={session}"), Is.EqualTo("""{"status":500}"""));
        await ending.Soon();

        await Node.Publish("""{"user":"kicked"}""");
        Assert.That(await Text($"vsn=2.0.0&token={session}"), Is.EqualTo("""{"status":500}"""));
        Assert.That(await Say(session, """["2","2","user:kicked","phx_join",{}]"""), Is.EqualTo("""{"status":500}"""));
        Assert.That(await Text($"vsn=2.0.0&token={Token.Of("kicked")}"), Is.EqualTo("""{"status":403}"""));
    }

    /// <summary>Whoever does not poll gets no more than a moment.</summary>
    [Test]
    public async Task Session_ThatIsBlacklistedBetweenPolls_IsOverAtOnce()
    {
        var session = await OpenSession("absent");
        await Node.EndSession("absent", Uri.EscapeDataString("session of absent"));

        Assert.That(await Text($"vsn=2.0.0&token={session}"), Is.EqualTo("""{"status":500}"""));
    }

    [Test]
    public async Task UnknownSession_IsAnswered500_SoThatEveryClientComesBack()
    {
        Assert.That(await Text("vsn=2.0.0&token=poll.unknown"), Is.EqualTo("""{"status":500}"""));
        Assert.That(await Say("poll.unknown", Join2), Is.EqualTo("""{"status":500}"""));
        Assert.That(await Say(Token.Of("alice"), Join2), Is.EqualTo("""{"status":410}"""), "a session there never was");
    }

    /// <summary>It waits a while for its answer, and shows no token: on one connection there is one such wait.</summary>
    [Test]
    public async Task UnknownSession_IsTheLastRequestOfItsConnection()
    {
        using var connection = await RawConnection.Open(Node.External);
        var request = RawConnection.Request("GET", "/socket/longpoll?vsn=2.0.0&token=poll.unknown");
        await connection.Send(request + request);

        var answer = await connection.ReadHead().Soon();
        Assert.That((answer.Status, answer["connection"], await connection.ReadBody(answer).Soon()), Is.EqualTo((200, "close", """{"status":500}""")));
        Assert.That(() => connection.ReadHead().Soon(), Throws.Exception.Not.InstanceOf<TimeoutException>());
    }

    [Test]
    public async Task Session_ThatIsNotPolled_Dies()
    {
        var session = await OpenSession("idle");
        await Wait.Until(() => Node.Registry.Open == 0, "it is closed");

        Assert.That((await Get($"token={session}")).Status, Is.EqualTo(500));
    }

    [Test]
    public async Task PollOnAnotherNode_IsAnswered500()
    {
        await using var other = await GatewayNode.Start();
        var session = await OpenSession("alice");

        Assert.That(await Client.GetStringAsync(new Uri(other.External, $"/socket/longpoll?vsn=2.0.0&token={session}")).Soon(), Is.EqualTo("""{"status":500}"""));
    }

    /// <summary>Even where the token ends so soon that the client is told at once, and nothing is joined that it could be told on.</summary>
    [Test]
    public async Task TokenThatEnds_EndsTheSession_AndHoldsNobodyUp()
    {
        var end = DateTimeOffset.UtcNow.AddSeconds(3).ToUnixTimeSeconds();
        var session = (await Get($"vsn=2.0.0&token={Token.Signed($$"""{"user":"short","roles":[],"exp":{{end}},"jti":"1"}""")}")).Token!;
        await Wait.Until(async () => (await Get($"token={session}")).Status == 500, "it has ended");
    }

    /// <summary>
    /// The newest client hands the frames of a poll on by timers, and cancels them when its next poll has failed by then: so that one must neither be
    /// refused nor answered at once, or the client never hears why.
    /// </summary>
    [TestCase(false)]
    [TestCase(true)]
    public async Task Shutdown_IsToldToAPollThatWaits_AndTheNextPollIsAnsweredToo_ButNotAtOnce(bool onANewConnection)
    {
        var node = await GatewayNode.Start();
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };
        http.DefaultRequestHeaders.ConnectionClose = onANewConnection;
        using var first = JsonDocument.Parse(await http.GetStringAsync(new Uri(node.External, $"/socket/longpoll?vsn=2.0.0&token={Token.Of("alice")}")).Soon());
        var address = new Uri(node.External, $"/socket/longpoll?vsn=2.0.0&token={first.RootElement.GetProperty("token").GetString()}");
        using (await http.PostAsync(address, new StringContent(Join2)).Soon())
        {
            await http.GetStringAsync(address).Soon();
        }

        var poll = http.GetStringAsync(address);
        var stopping = node.DisposeAsync().AsTask();
        Assert.That(await poll.Soon(), Does.Contain("closing").And.Contain("shutdown"));
        var told = Stopwatch.GetTimestamp();
        Assert.That(await http.GetStringAsync(address).Soon(), Is.EqualTo("""{"status":500}"""));
        Assert.That(Stopwatch.GetElapsedTime(told), Is.GreaterThan(TimeSpan.FromMilliseconds(150)));
        await stopping.Soon();
    }
}
