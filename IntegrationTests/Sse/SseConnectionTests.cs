using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>Streams and the connections of HTTP that carry them. One node serves all tests; each has users of its own.</summary>
internal sealed class SseConnectionTests : SseFixture
{
    [Test]
    public async Task ClientOfHttp10_GetsAStreamWithoutChunks_ThatEndsWithTheConnection()
    {
        using var stream = await SseClient.Open(Node.External, $"users[]={Me}&token={Token.Of(Me)}", version: "1.0");
        Assert.That(stream.Response.IsChunked, Is.False);
        await stream.Next("phx_reply");
        for (var i = 0; i < 100; i++)
        {
            await Node.Publish($$"""{"user":"{{Me}}","n":{{i}}}""");
        }

        Assert.That((await stream.Next(100)).Select(one => one.Data), Is.EqualTo(Enumerable.Range(0, 100).Select(i => $$"""{"user":"{{Me}}","n":{{i}}}""")));
        await stream.NextHeartbeat();

        using var denied = await SseClient.Open(Node.External, $"users[]=bob&token={Token.Of(Me)}", version: "1.0");
        Assert.That((await denied.Rest())[^1].Name, Is.EqualTo("closing connection"));
        Assert.That(await denied.Ended.Soon(), Is.EqualTo(StreamEnd.Clean));
    }

    [Test]
    public async Task LargeMessage_ReachesAClientOfHttp10()
    {
        using var stream = await SseClient.Open(Node.External, $"users[]={Me}&token={Token.Of(Me)}", version: "1.0");
        await stream.Next("phx_reply");
        var json = $$"""{"user":"{{Me}}","pad":"{{new string('x', 800_000)}}"}""";

        await Node.Publish(json);

        Assert.That((await stream.Next("message")).Data, Is.EqualTo(json));
    }

    [Test]
    public async Task ConnectionThatServedRequestsBefore_CanStream()
    {
        using var connection = await RawConnection.Open(Node.External);
        foreach (var (path, status) in new[] { ("/health", 200), ("/nowhere", 404), ("/socket/sse?users[]=x&token=rubbish", 401) })
        {
            var response = await connection.Ask("GET", path);
            Assert.That(response.Status, Is.EqualTo(status));
            await connection.ReadBody(response).Soon();
        }

        var stream = await SseClient.Open(Node.External, $"users[]={Me}&token={Token.Of(Me)}", on: connection);
        await stream.Next("phx_reply");
        await Node.Publish($$"""{"user":"{{Me}}"}""");
        await stream.Next("message");
    }

    [Test]
    public async Task StreamThatEndedCleanly_LeavesItsConnectionForTheNext()
    {
        using var connection = await RawConnection.Open(Node.External);
        for (var i = 0; i < 3; i++)
        {
            var denied = await SseClient.Open(Node.External, $"users[]=bob&token={Token.Of(Me)}", on: connection);
            Assert.That((await denied.Rest())[^1].Name, Is.EqualTo("closing connection"));
            Assert.That(await denied.Ended.Soon(), Is.EqualTo(StreamEnd.Clean));
        }

        var stream = await SseClient.Open(Node.External, $"users[]={Me}&token={Token.Of(Me)}", on: connection);
        await stream.Next("phx_reply");
        await Node.Publish($$"""{"user":"{{Me}}"}""");
        await stream.Next("message");
        await stream.NextHeartbeat();
    }

    [Test]
    public async Task ClientThatSendsWhileItListens_DisturbsNothing()
    {
        using var connection = await RawConnection.Open(Node.External);
        var stream = await SseClient.Open(Node.External, $"users[]={Me}&token={Token.Of(Me)}", on: connection);
        await stream.Next("phx_reply");

        await connection.Send(RawConnection.Request("GET", "/health"));
        await Node.Publish($$"""{"user":"{{Me}}"}""");

        await stream.Next("message");
        await stream.NextHeartbeat();
    }
}
