using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using RigKafka.Auth;
using RigKafka.Channels;
using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Presence;
using RigKafka.Sessions;

namespace RigKafka.Tests.Channels;

/// <summary>What a client of the channel protocol is answered, in both versions, byte for byte as in the original.</summary>
internal sealed class ChannelSocketTests
{
    private static readonly Identity Alice = new("1", "alice", false, [], DateTimeOffset.MaxValue);

    [TestCase(1, """{"topic":"user:alice","ref":"1","payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}""")]
    [TestCase(2, """["1","1","user:alice","phx_reply",{"status":"ok","response":{}}]""")]
    public async Task Join_OfOnesOwnTopic_IsAnswered_AndMessagesFollow(int vsn, string reply)
    {
        using var client = new Client(Alice, vsn);
        await client.Say("1", "user:alice", "phx_join");
        await client.Node.Push("""{"user":"alice","n":1}""", more: false);
        var message = vsn == 1 ? """{"topic":"user:alice","ref":null,"payload":{"user":"alice","n":1},"event":"message"}""" : """[null,null,"user:alice","message",{"user":"alice","n":1}]""";

        Assert.That(await client.Heard(2), Is.EqualTo(new[] { reply, message }));
    }

    [TestCase(1, """{"topic":"user:bob","ref":"1","payload":{"status":"error","response":"unauthorized user with id \"alice\" tried to join \"user:bob\"!"},"join_ref":null,"event":"phx_reply"}""")]
    [TestCase(2, """["1","1","user:bob","phx_reply",{"status":"error","response":"unauthorized user with id \"alice\" tried to join \"user:bob\"!"}]""")]
    public async Task Join_OfAnothersTopic_IsDenied_AndNothingFollows(int vsn, string reply)
    {
        using var client = new Client(Alice, vsn);
        await client.Say("1", "user:bob", "phx_join");

        Assert.That(await client.Answer(), Is.EqualTo(reply));
        Assert.That(client.Node.Registry.TopicsOf(client.Connection), Is.Empty);
    }

    [TestCase(1, """{"topic":"room:1","ref":"1","payload":{"status":"error","response":{"reason":"unmatched topic"}},"join_ref":null,"event":"phx_reply"}""")]
    [TestCase(2, """[null,"1","room:1","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]""")]
    public async Task Join_OfATopicThatThereCannotBe_IsUnmatched(int vsn, string reply)
    {
        using var client = new Client(Alice, vsn);
        await client.Say("1", "room:1", "phx_join");

        Assert.That(await client.Answer(), Is.EqualTo(reply));
    }

    [Test]
    public async Task Join_WithATokenWithoutRoles_Crashes()
    {
        using var client = new Client(Alice with { Roles = null }, 2);
        await client.Say("1", "user:alice", "phx_join");

        Assert.That(await client.Answer(), Is.EqualTo("""["1","1","user:alice","phx_reply",{"status":"error","response":{"reason":"join crashed"}}]"""));
    }

    [TestCase(1, """{"topic":"phoenix","ref":"5","payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}""")]
    [TestCase(2, """[null,"5","phoenix","phx_reply",{"status":"ok","response":{}}]""")]
    public async Task Heartbeat_IsAnswered(int vsn, string reply)
    {
        using var client = new Client(Alice, vsn);
        await client.Say("5", "phoenix", "heartbeat");

        Assert.That(await client.Answer(), Is.EqualTo(reply));
    }

    [TestCase(1, """{"topic":"user:alice","ref":"7","payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}""", """{"topic":"user:alice","ref":"1","payload":{},"event":"phx_close"}""")]
    [TestCase(2, """["1","7","user:alice","phx_reply",{"status":"ok","response":{}}]""", """["1","1","user:alice","phx_close",{}]""")]
    public async Task Leave_IsAnswered_ThenTheChannelIsClosed_AndNothingFollows(int vsn, string reply, string closed)
    {
        using var client = new Client(Alice, vsn);
        await client.Say("1", "user:alice", "phx_join");
        await client.Say("7", "user:alice", "phx_leave");
        await client.Node.Push("""{"user":"alice","n":1}""", more: false);
        await client.Node.Settle();

        Assert.That((await client.Heard(3)).Skip(1), Is.EqualTo(new[] { reply, closed }));
        Assert.That(client.Node.Registry.TopicsOf(client.Connection), Is.Empty);
    }

    [Test]
    public async Task Leave_OfWhatWasNotJoined_IsUnmatched()
    {
        using var client = new Client(Alice, 2);
        await client.Say("7", "user:alice", "phx_leave");

        Assert.That(await client.Answer(), Is.EqualTo("""[null,"7","user:alice","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]"""));
    }

    [TestCase(1, """{"topic":"user:alice","ref":"2","payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}""", """{"topic":"user:alice","ref":"1","payload":{},"event":"phx_close"}""")]
    [TestCase(2, """["2","2","user:alice","phx_reply",{"status":"ok","response":{}}]""", """["1","1","user:alice","phx_close",{}]""")]
    public async Task Join_ASecondTime_IsAnswered_ThenTheFirstChannelIsClosed_AndMessagesComeOnce(int vsn, string reply, string closed)
    {
        using var client = new Client(Alice, vsn);
        await client.Say("1", "user:alice", "phx_join");
        await client.Say("2", "user:alice", "phx_join");
        await client.Node.Push("""{"user":"alice","n":1}""", more: false);
        var heard = await client.Heard(4);
        await client.Node.Settle();

        Assert.That(heard[1..3], Is.EqualTo(new[] { reply, closed }));
        Assert.That(client.Wire.Lines, Has.Length.EqualTo(4));

        await client.Say("3", "user:alice", "phx_leave");
        Assert.That((await client.Heard(6))[5], Does.Contain("\"2\"").And.Contain("phx_close"), "it is the second channel that is left");
    }

    [Test]
    public async Task Event_OnAJoinedTopic_IsIgnored_OnAnotherItIsUnmatched()
    {
        using var client = new Client(Alice, 2);
        await client.Say("1", "user:alice", "phx_join");
        await client.Heard(1);
        await client.Say("2", "user:alice", "shout");
        await client.Say("3", "user:alice", "heartbeat");
        await client.Say("4", "user:bob", "shout");
        await client.Say("5", "phoenix", "shout");

        var heard = await client.Heard(3);
        Assert.That(heard[1], Is.EqualTo("""[null,"4","user:bob","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]"""));
        Assert.That(heard[2], Is.EqualTo("""[null,"5","phoenix","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]"""));
    }

    [Test]
    public async Task Join_OfMoreTopicsThanAllowed_IsRefused_UntilOneIsLeft()
    {
        using var client = new Client(Alice with { Roles = ["admin"] }, 2, new ChannelOptions { MaxJoins = 2 });
        await client.Say("1", "user:a", "phx_join");
        await client.Say("2", "user:b", "phx_join");
        await client.Heard(2);
        await client.Say("3", "user:c", "phx_join");
        Assert.That((await client.Heard(3))[2], Is.EqualTo("""["3","3","user:c","phx_reply",{"status":"error","response":{"reason":"too many channels"}}]"""));

        await client.Say("4", "user:b", "phx_join");
        Assert.That((await client.Heard(5))[3], Is.EqualTo("""["4","4","user:b","phx_reply",{"status":"ok","response":{}}]"""), "joining again takes no more room");

        await client.Say("5", "user:a", "phx_leave");
        await client.Say("6", "user:c", "phx_join");
        Assert.That((await client.Heard(8))[7], Is.EqualTo("""["6","6","user:c","phx_reply",{"status":"ok","response":{}}]"""));
    }

    [Test]
    public async Task Join_AfterTheEnd_JoinsNothing()
    {
        using var client = new Client(Alice, 2);
        client.Connection.Close(CloseReason.ClientGone);
        await TestNode.End(client.Connection);
        await client.Say("1", "user:alice", "phx_join");

        Assert.That(client.Node.Registry.Find("user:alice"), Is.Null);
    }

    [TestCase(1, "user:alice", """{"topic":"user:alice","ref":"2","payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}""")]
    [TestCase(2, "user:alice", """["1","2","user:alice","phx_reply",{"status":"ok","response":{}}]""")]
    [TestCase(1, "phoenix", """{"topic":"phoenix","ref":"2","payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}""")]
    [TestCase(2, "phoenix", """[null,"2","phoenix","phx_reply",{"status":"ok","response":{}}]""")]
    public async Task AccessToken_OfTheSameUser_IsAnswered_AndItsSessionTakesThePlaceOfTheFirst(int vsn, string topic, string reply)
    {
        using var client = new Client(Alice, vsn);
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
        using var client = new Client(Alice, 2);
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
        using var client = new Client(Alice with { Roles = ["admin"] }, vsn);
        await client.Say("1", "user:alice", "phx_join");
        await client.Say("2", "user:bob", "phx_join");
        await client.Heard(2);
        await client.Renew("3", Fresh(), "user:bob");
        var heard = await client.Heard(4);
        Assert.That(heard[2], Does.Contain("\"ok\"").And.Contain("\"3\""), "the reply comes before its channel ends");
        Assert.That(heard[3], Is.EqualTo(closed));
        Assert.That(client.Node.Registry.TopicsOf(client.Connection), Is.EqualTo(["user:alice"]));

        await client.Say("4", "user:bob", "phx_join");
        Assert.That((await client.Heard(5))[4], Does.Contain("unauthorized user"));
        await client.Renew("5", Fresh(roles: "\"admin\""));
        await client.Say("6", "user:bob", "phx_join");
        Assert.That((await client.Heard(7))[6], Does.Contain("\"ok\"").And.Contain("\"6\""));
    }

    [Test]
    public async Task AccessToken_ThatLivesLonger_MovesTheEnd()
    {
        using var client = new Client(Alice with { Expires = new DateTimeOffset(2000, 1, 1, 0, 1, 0, TimeSpan.Zero) }, 2);
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
        using var client = new Client(Alice, 2);
        await client.Renew("2", Fresh());

        Assert.That(await client.Answer(), Is.EqualTo("""[null,"2","user:alice","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]"""));
        Assert.That(client.Connection.Holder, Is.EqualTo(Alice.ToHolder()));
    }

    private static string Fresh(string session = "2", string user = "alice", string roles = "", long expires = 4102444800, string secret = Jws.Secret) =>
        Jws.Sign($$"""{"user":"{{user}}","roles":[{{roles}}],"exp":{{expires}},"iat":5,"jti":"{{session}}"}""", secret: secret);

    /// <summary>One client, its lines one message each.</summary>
    private sealed class Client : IDisposable
    {
        private readonly ChannelSocket _socket;
        private readonly ChannelCodec _codec;

        public Client(Identity identity, int vsn, ChannelOptions? limits = null)
        {
            _codec = vsn == 1 ? ChannelCodec.V1 : ChannelCodec.V2;
            var format = new ChannelFormat(_codec, static message => [.. message, (byte)'\n'], []);
            Connection = Node.Registry.Add(Wire, format, "test", identity.ToHolder());
            var table = new FakeTable(Node.Time);
            table.Ready.SetResult();
            Blacklist = new Blacklist(table, Node.Registry, Node.Time, NullLogger<Blacklist>.Instance);
            var options = new AuthOptions { SecretKey = Jws.Secret, PrivilegedRoles = ["admin"] };
            Connection.Start();
            _socket = new ChannelSocket(
                new Visitor(identity, "192.0.2.1", "desktop", "Firefox"),
                Connection,
                format,
                new ChannelServices(
                    new TokenGate(Verifiers.Of(options, Node.Time), Blacklist),
                    new Membership(new JoinPolicy(options), Node.FanOut, Node.Registry),
                    limits ?? new ChannelOptions(),
                    Node.Time));
        }

        public TestNode Node { get; } = new();

        public FakeWire Wire { get; } = new();

        public Connection Connection { get; }

        public Blacklist Blacklist { get; }

        public Task Say(string reference, string topic, string name, string payload = "{}")
        {
            var text = _codec == ChannelCodec.V1
                ? $$"""{"topic":"{{topic}}","event":"{{name}}","payload":{{payload}},"ref":"{{reference}}"}"""
                : $$"""["{{reference}}","{{reference}}","{{topic}}","{{name}}",{{payload}}]""";
            return _socket.Handle(_codec.Parse(Encoding.UTF8.GetBytes(text))!).Soon();
        }

        public Task Renew(string reference, string token, string topic = "user:alice") => Say(reference, topic, "access_token", $$"""{"access_token":"{{token}}"}""");

        public Task<(AppendOutcome Outcome, BlacklistEntry Entry)> Add(string session) => Blacklist.Add(BlacklistKey.OfSession(session), new BlacklistEntry(Node.Time.GetUtcNow().AddHours(1))).Soon();

        public async Task<string> Answer() => (await Heard(1)).Single();

        public Task<string[]> Heard(int messages) => Wire.Take(messages);

        public void Dispose() => Node.Dispose();
    }
}
