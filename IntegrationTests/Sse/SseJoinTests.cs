using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>What a stream may listen to. One node serves all tests; each has users of its own.</summary>
internal sealed class SseJoinTests
{
    private static readonly Dictionary<string, string?> Settings = new()
    {
        ["PRIVILEGED_ROLES"] = "admin,support",
        ["HEARTBEAT_INTERVAL_MS"] = "400",
        ["SSE_RETRY_MS"] = "1000",
    };

    private GatewayNode _node = null!;
    private string _me = null!;

    [OneTimeSetUp]
    public async Task StartTheNode() => _node = await GatewayNode.Start(Settings);

    [OneTimeTearDown]
    public async Task StopTheNode() => await _node.DisposeAsync();

    [SetUp]
    public void ChooseAUser() => _me = $"user-{Guid.NewGuid():N}";

    [Test]
    public async Task ForeignUser_IsDenied_ToWhoeverHasNoPrivilegedRole()
    {
        using var stream = await SseClient.Open(_node.External, $"users[]={_me}&users[]=bob&users[]=carol&token={Token.Of(_me, "user")}");

        var events = await stream.Rest();

        Assert.That(events.Select(one => one.Name), Is.EqualTo(["", "phx_reply", "phx_reply", "closing", "closing connection"]));
        Assert.That(events[1].Data, Is.EqualTo(Reply($"user:{_me}", "ok", "{}")));
        Assert.That(events[2].Data, Is.EqualTo(Reply("user:bob", "error", $"\"unauthorized user with id \\\"{_me}\\\" tried to join \\\"user:bob\\\"!\"")));
        Assert.That(events[3].Data, Is.EqualTo("""{"reason":"join_denied","reconnect":false}"""));
        Assert.That(events[4].Data, Is.Null);
        Assert.That(await stream.Ended.Soon(), Is.EqualTo(StreamEnd.Clean));
    }

    [Test]
    public async Task DeniedStream_HearsNothing_OfTheTopicsThatWereAllowed()
    {
        using var witness = await _node.Listen(_me);
        using var stream = await SseClient.Open(_node.External, $"users[]={_me}&users[]=bob&token={Token.Of(_me)}");
        await _node.Publish($$"""{"user":"{{_me}}"}""");
        await witness.Next("message");

        Assert.That((await stream.Rest()).Select(one => one.Name), Has.None.EqualTo("message"));
    }

    [Test]
    public async Task RoleOfOnesOwn_IsDenied_UnlessItIsPrivileged()
    {
        using var stream = await SseClient.Open(_node.External, $"roles[]=user&token={Token.Of(_me, "user")}");

        Assert.That((await stream.Rest())[1].Data, Does.Contain("tried to join \\\"role:user\\\"!"));
    }

    [Test]
    public async Task PrivilegedRole_HearsOtherUsers_AndMayJoinRoles_UsersFirst()
    {
        var other = $"other-{_me}";
        using var stream = await SseClient.Open(_node.External, $"roles[]=user&users[]={other}&users[]={_me}&roles[]=admin&token={Token.Of(_me, "user", "support")}");

        var events = await stream.Next(5);
        Assert.That(events.Skip(1).Select(one => JsonDocument.Parse(one.Data!).RootElement.GetProperty("topic").GetString()), Is.EqualTo([$"user:{other}", $"user:{_me}", "role:user", "role:admin"]));
        await _node.Publish($$"""{"user":"{{other}}"}""");
        Assert.That((await stream.Next("message")).Data, Is.EqualTo($$"""{"user":"{{other}}"}"""));
    }

    [TestCase("""{"user":"ME","exp":4102444800,"jti":"1"}""", TestName = "WithoutRoles_NoJoinIsPossible")]
    [TestCase("""{"roles":["admin"],"exp":4102444800,"jti":"1"}""", TestName = "WithoutUser_NoJoinIsPossible")]
    [TestCase("""{"user":"ME","roles":{"admin":true},"exp":4102444800,"jti":"1"}""", TestName = "RolesThatAreNoList_NoJoinIsPossible")]
    [TestCase("""{"user":["ME"],"roles":["admin"],"exp":4102444800,"jti":"1"}""", TestName = "UserThatIsNoText_NoJoinIsPossible")]
    public async Task TokenWithoutWhatAJoinNeeds(string claims)
    {
        using var stream = await SseClient.Open(_node.External, $"users[]={_me}&token={Token.Signed(claims.Replace("ME", _me, StringComparison.Ordinal))}");

        var events = await stream.Rest();

        Assert.That(events.Select(one => one.Name), Is.EqualTo(["", "phx_reply", "closing", "closing connection"]));
        Assert.That(events[1].Data, Is.EqualTo(Reply($"user:{_me}", "error", """{"reason":"join crashed"}""")));
        Assert.That(await stream.Ended.Soon(), Is.EqualTo(StreamEnd.Clean));
    }

    [Test]
    public async Task UserThatIsANumber_IsTakenAsItIsWritten()
    {
        var number = Random.Shared.NextInt64(1_000_000_000_000);
        using var stream = await SseClient.Open(_node.External, $"users[]={number}&token={Token.Signed($$"""{"user":{{number}},"roles":[],"exp":4102444800,"jti":"1"}""")}");
        await stream.Next(2);

        await _node.Publish($$"""{"user":{{number}}}""");

        await stream.Next("message");
    }

    private static string Reply(string topic, string status, string response) =>
        $$$"""{"topic":"{{{topic}}}","ref":null,"payload":{"status":"{{{status}}}","response":{{{response}}}},"join_ref":null,"event":"phx_reply"}""";
}
