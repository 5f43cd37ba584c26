using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>Streams and the connections of HTTP that carry them. One node serves all tests; each has users of its own.</summary>
internal sealed class SseConnectionTests
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
    public async Task ClientOfHttp10_GetsAStreamWithoutChunks_ThatEndsWithTheConnection()
    {
        using var stream = await SseClient.Open(_node.External, $"users[]={_me}&token={Token.Of(_me)}", version: "1.0");
        Assert.That(stream.Response.IsChunked, Is.False);
        await stream.Next(2);
        for (var i = 0; i < 100; i++)
        {
            await _node.Publish($$"""{"user":"{{_me}}","n":{{i}}}""");
        }

        Assert.That((await stream.Next(100)).Select(one => one.Data), Is.EqualTo(Enumerable.Range(0, 100).Select(i => $$"""{"user":"{{_me}}","n":{{i}}}""")));
        await stream.NextHeartbeat();

        using var denied = await SseClient.Open(_node.External, $"users[]=bob&token={Token.Of(_me)}", version: "1.0");
        Assert.That((await denied.Rest())[^1].Name, Is.EqualTo("closing connection"));
        Assert.That(await denied.Ended.Soon(), Is.EqualTo(StreamEnd.Clean));
    }

    [Test]
    public async Task LargeMessage_ReachesAClientOfHttp10()
    {
        using var stream = await SseClient.Open(_node.External, $"users[]={_me}&token={Token.Of(_me)}", version: "1.0");
        await stream.Next(2);
        var json = $$"""{"user":"{{_me}}","pad":"{{new string('x', 800_000)}}"}""";

        await _node.Publish(json);

        Assert.That((await stream.Next("message")).Data, Is.EqualTo(json));
    }

    [Test]
    public async Task ConnectionThatServedRequestsBefore_CanStream()
    {
        using var connection = await RawConnection.Open(_node.External);
        foreach (var (path, status) in new[] { ("/health", 200), ("/nowhere", 404), ("/socket/sse?users[]=x&token=rubbish", 401) })
        {
            var response = await connection.Ask("GET", path);
            Assert.That(response.Status, Is.EqualTo(status));
            await connection.ReadBody(response).Soon();
        }

        var stream = await SseClient.Open(_node.External, $"users[]={_me}&token={Token.Of(_me)}", on: connection);
        await stream.Next(2);
        await _node.Publish($$"""{"user":"{{_me}}"}""");
        await stream.Next("message");
    }

    [Test]
    public async Task StreamThatEndedCleanly_LeavesItsConnectionForTheNext()
    {
        using var connection = await RawConnection.Open(_node.External);
        for (var i = 0; i < 3; i++)
        {
            var denied = await SseClient.Open(_node.External, $"users[]=bob&token={Token.Of(_me)}", on: connection);
            Assert.That((await denied.Rest())[^1].Name, Is.EqualTo("closing connection"));
            Assert.That(await denied.Ended.Soon(), Is.EqualTo(StreamEnd.Clean));
        }

        var stream = await SseClient.Open(_node.External, $"users[]={_me}&token={Token.Of(_me)}", on: connection);
        await stream.Next(2);
        await _node.Publish($$"""{"user":"{{_me}}"}""");
        await stream.Next("message");
        await stream.NextHeartbeat();
    }

    [Test]
    public async Task ClientThatSendsWhileItListens_DisturbsNothing()
    {
        using var connection = await RawConnection.Open(_node.External);
        var stream = await SseClient.Open(_node.External, $"users[]={_me}&token={Token.Of(_me)}", on: connection);
        await stream.Next(2);

        await connection.Send(RawConnection.Request("GET", "/health"));
        await _node.Publish($$"""{"user":"{{_me}}"}""");

        await stream.Next("message");
        await stream.NextHeartbeat();
    }
}
