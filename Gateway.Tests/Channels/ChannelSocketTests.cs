using NUnit.Framework;
using RigKafka.Auth;
using RigKafka.Channels;
using RigKafka.Connections;

namespace RigKafka.Tests.Channels;

/// <summary>What a client of the channel protocol is answered, in both versions, byte for byte as in the original.</summary>
internal sealed class ChannelSocketTests
{
    private static readonly Identity Alice = new("1", "alice", false, [], DateTimeOffset.MaxValue);

    [TestCase(1, """{"topic":"user:alice","ref":"1","payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}""")]
    [TestCase(2, """["1","1","user:alice","phx_reply",{"status":"ok","response":{}}]""")]
    public async Task Join_OfOnesOwnTopic_IsAnswered_AndMessagesFollow(int vsn, string reply)
    {
        using var client = new ChannelClient(Alice, vsn);
        await client.Say("1", "user:alice", "phx_join");
        await client.Node.Push("""{"user":"alice","n":1}""", more: false);
        var message = vsn == 1 ? """{"topic":"user:alice","ref":null,"payload":{"user":"alice","n":1},"event":"message"}""" : """[null,null,"user:alice","message",{"user":"alice","n":1}]""";

        Assert.That(await client.Heard(2), Is.EqualTo(new[] { reply, message }));
    }

    [TestCase(1, """{"topic":"user:bob","ref":"1","payload":{"status":"error","response":"unauthorized user with id \"alice\" tried to join \"user:bob\"!"},"join_ref":null,"event":"phx_reply"}""")]
    [TestCase(2, """["1","1","user:bob","phx_reply",{"status":"error","response":"unauthorized user with id \"alice\" tried to join \"user:bob\"!"}]""")]
    public async Task Join_OfAnothersTopic_IsDenied_AndNothingFollows(int vsn, string reply)
    {
        using var client = new ChannelClient(Alice, vsn);
        await client.Say("1", "user:bob", "phx_join");

        Assert.That(await client.Answer(), Is.EqualTo(reply));
        Assert.That(client.Node.Registry.ChannelsOf(client.Connection).Select(channel => channel.Topic.Topic), Is.Empty);
    }

    [TestCase(1, """{"topic":"room:1","ref":"1","payload":{"status":"error","response":{"reason":"unmatched topic"}},"join_ref":null,"event":"phx_reply"}""")]
    [TestCase(2, """[null,"1","room:1","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]""")]
    public async Task Join_OfATopicThatThereCannotBe_IsUnmatched(int vsn, string reply)
    {
        using var client = new ChannelClient(Alice, vsn);
        await client.Say("1", "room:1", "phx_join");

        Assert.That(await client.Answer(), Is.EqualTo(reply));
    }

    [Test]
    public async Task Join_WithATokenWithoutRoles_Crashes()
    {
        using var client = new ChannelClient(Alice with { Roles = null }, 2);
        await client.Say("1", "user:alice", "phx_join");

        Assert.That(await client.Answer(), Does.StartWith("""["1","1","user:alice","phx_reply",{"status":"error","response":{"reason":"join crashed","message":"There are no roles: """));
    }

    [TestCase(1, """{"topic":"phoenix","ref":"5","payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}""")]
    [TestCase(2, """[null,"5","phoenix","phx_reply",{"status":"ok","response":{}}]""")]
    public async Task Heartbeat_IsAnswered(int vsn, string reply)
    {
        using var client = new ChannelClient(Alice, vsn);
        await client.Say("5", "phoenix", "heartbeat");

        Assert.That(await client.Answer(), Is.EqualTo(reply));
    }

    [TestCase(1, """{"topic":"user:alice","ref":"7","payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}""", """{"topic":"user:alice","ref":"1","payload":{},"event":"phx_close"}""")]
    [TestCase(2, """["1","7","user:alice","phx_reply",{"status":"ok","response":{}}]""", """["1","1","user:alice","phx_close",{}]""")]
    public async Task Leave_IsAnswered_ThenTheChannelIsClosed_AndNothingFollows(int vsn, string reply, string closed)
    {
        using var client = new ChannelClient(Alice, vsn);
        await client.Say("1", "user:alice", "phx_join");
        await client.Say("7", "user:alice", "phx_leave");
        await client.Node.Push("""{"user":"alice","n":1}""", more: false);
        await client.Node.Settle();

        Assert.That((await client.Heard(3)).Skip(1), Is.EqualTo(new[] { reply, closed }));
        Assert.That(client.Node.Registry.ChannelsOf(client.Connection).Select(channel => channel.Topic.Topic), Is.Empty);
    }

    [Test]
    public async Task Leave_OfWhatWasNotJoined_IsUnmatched()
    {
        using var client = new ChannelClient(Alice, 2);
        await client.Say("7", "user:alice", "phx_leave");

        Assert.That(await client.Answer(), Is.EqualTo("""[null,"7","user:alice","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]"""));
    }

    [TestCase(1, """{"topic":"user:alice","ref":"2","payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}""", """{"topic":"user:alice","ref":"1","payload":{},"event":"phx_close"}""")]
    [TestCase(2, """["2","2","user:alice","phx_reply",{"status":"ok","response":{}}]""", """["1","1","user:alice","phx_close",{}]""")]
    public async Task Join_ASecondTime_IsAnswered_ThenTheFirstChannelIsClosed_AndMessagesComeOnce(int vsn, string reply, string closed)
    {
        using var client = new ChannelClient(Alice, vsn);
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
        using var client = new ChannelClient(Alice, 2);
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
        using var client = new ChannelClient(Alice with { Roles = ["admin"] }, 2, new ChannelOptions { MaxJoins = 2 });
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
        using var client = new ChannelClient(Alice, 2);
        client.Connection.Close(CloseReason.ClientGone);
        await TestNode.End(client.Connection);
        await client.Say("1", "user:alice", "phx_join");

        Assert.That(client.Node.Registry.Find("user:alice"), Is.Null);
    }
}
