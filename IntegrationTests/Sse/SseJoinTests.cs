using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>What a stream may listen to. One node serves all tests; each has users of its own.</summary>
internal sealed class SseJoinTests : SseFixture
{
    [Test]
    public async Task ForeignUser_IsDenied_ToWhoeverHasNoPrivilegedRole()
    {
        using var stream = await SseClient.Open(Node.External, $"users[]={Me}&users[]=bob&users[]=carol&token={Token.Of(Me, "user")}");

        var events = await stream.Rest();

        Assert.That(events.Select(one => one.Name), Is.EqualTo(["phx_reply", "phx_reply", "closing", "closing connection"]));
        Assert.That(events[0].Data, Is.EqualTo(Reply($"user:{Me}", "ok", "{}")));
        Assert.That(events[1].Data, Is.EqualTo(Reply("user:bob", "error", $"\"unauthorized user with id \\\"{Me}\\\" tried to join \\\"user:bob\\\"!\"")));
        Assert.That(events[2].Data, Is.EqualTo("""{"reason":"join_denied","reconnect":false}"""));
        Assert.That(events[3].Data, Is.Null);
        Assert.That(await stream.Ended.Soon(), Is.EqualTo(StreamEnd.Clean));
    }

    [Test]
    public async Task DeniedStream_HearsNothing_OfTheTopicsThatWereAllowed()
    {
        using var witness = await Node.Listen(Me);
        using var stream = await SseClient.Open(Node.External, $"users[]={Me}&users[]=bob&token={Token.Of(Me)}");
        await Node.Publish($$"""{"user":"{{Me}}"}""");
        await witness.Next("message");

        Assert.That((await stream.Rest()).Select(one => one.Name), Has.None.EqualTo("message"));
    }

    [Test]
    public async Task RoleOfOnesOwn_IsDenied_UnlessItIsPrivileged()
    {
        using var stream = await SseClient.Open(Node.External, $"roles[]=user&token={Token.Of(Me, "user")}");

        Assert.That((await stream.Rest())[0].Data, Does.Contain("tried to join \\\"role:user\\\"!"));
    }

    [Test]
    public async Task PrivilegedRole_HearsOtherUsers_AndMayJoinRoles_UsersFirst()
    {
        var other = $"other-{Me}";
        using var stream = await SseClient.Open(Node.External, $"roles[]=user&users[]={other}&users[]={Me}&roles[]=admin&token={Token.Of(Me, "user", "support")}");

        var events = await stream.Next(4);
        Assert.That(events.Select(one => JsonDocument.Parse(one.Data!).RootElement.GetProperty("topic").GetString()), Is.EqualTo([$"user:{other}", $"user:{Me}", "role:user", "role:admin"]));
        await Node.Publish($$"""{"user":"{{other}}"}""");
        Assert.That((await stream.Next("message")).Data, Is.EqualTo($$"""{"user":"{{other}}"}"""));
    }

    [TestCase("""{"user":"ME","exp":4102444800,"jti":"1"}""", "the claim roles", TestName = "WithoutRoles_NoJoinIsPossible")]
    [TestCase("""{"roles":["admin"],"exp":4102444800,"jti":"1"}""", "the claim user", TestName = "WithoutUser_NoJoinIsPossible")]
    [TestCase("""{"user":"ME","roles":{"admin":true},"exp":4102444800,"jti":"1"}""", "the claim roles", TestName = "RolesThatAreNoList_NoJoinIsPossible")]
    [TestCase("""{"user":["ME"],"roles":["admin"],"exp":4102444800,"jti":"1"}""", "the claim user", TestName = "UserThatIsNoText_NoJoinIsPossible")]
    public async Task TokenWithoutWhatAJoinNeeds(string claims, string missing)
    {
        using var stream = await SseClient.Open(Node.External, $"users[]={Me}&token={Token.Signed(claims.Replace("ME", Me, StringComparison.Ordinal))}");

        var events = await stream.Rest();

        Assert.That(events.Select(one => one.Name), Is.EqualTo(["phx_reply", "closing", "closing connection"]));
        var reply = JsonElement.Parse(events[0].Data!).GetProperty("payload");
        Assert.That(reply.GetProperty("status").GetString(), Is.EqualTo("error"));
        Assert.That(reply.GetProperty("response").GetProperty("reason").GetString(), Is.EqualTo("join crashed"));
        Assert.That(reply.GetProperty("response").GetProperty("message").GetString(), Does.Contain($"expected {missing} "));
        Assert.That(await stream.Ended.Soon(), Is.EqualTo(StreamEnd.Clean));
    }

    [Test]
    public async Task UserThatIsANumber_IsTakenAsItIsWritten()
    {
        var number = Random.Shared.NextInt64(1_000_000_000_000);
        using var stream = await SseClient.Open(Node.External, $"users[]={number}&token={Token.Signed($$"""{"user":{{number}},"roles":[],"exp":4102444800,"jti":"1"}""")}");
        await stream.Next("phx_reply");

        await Node.Publish($$"""{"user":{{number}}}""");

        await stream.Next("message");
    }
}
