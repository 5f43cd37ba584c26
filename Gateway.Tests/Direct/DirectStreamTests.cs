using System.Net.Sockets;
using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Direct;

/// <summary>Streams that have left the server: on real sockets, with the server that they left.</summary>
internal sealed class DirectStreamTests : StreamFixture
{
    [Test]
    public async Task Stream_GoesOn_AfterItsRequestIsOver()
    {
        var client = await Server.Open();
        await Server.Taken();

        await Server.Node.Push(TestNode.Json(StreamServer.User, 1));
        Assert.That(await client.ReadTo("\n\n\r\n"), Does.Contain("event: message").And.Contain("\"n\":1"));
        await Server.Node.Push(TestNode.Json(StreamServer.User, 2));
        Assert.That(await client.ReadTo("\n\n\r\n"), Does.Contain("\"n\":2"));
        Assert.That(Server.RequestsOver, Is.EqualTo(1));
        Assert.That(Server.Left, Is.Zero);
    }

    [Test]
    public async Task Stream_HoldsNothingOfTheServer()
    {
        var request = new WeakReference(null);
        Server.BeforeTakeOver = (context, _) =>
        {
            request.Target = context;
            return Task.CompletedTask;
        };
        var client = await Server.Open();
        var connection = await Server.Taken();

        await Wait.Until(
            () =>
            {
                GC.Collect();
                return !request.IsAlive;
            },
            "the request is forgotten");
        Assert.That(connection.IsEnded, Is.False);
        await Server.Node.Push(TestNode.Json(StreamServer.User, 1));
        await client.ReadTo("\"n\":1");
    }

    [Test]
    public async Task StreamThatEndsWell_GivesItsConnectionBack_AgainAndAgain()
    {
        var client = await Server.Open();
        for (var i = 1; i <= 3; i++)
        {
            (await Server.Taken(streams: i)).Close(CloseReason.JoinDenied);
            Assert.That(await client.ReadTo(StreamServer.LastChunk), Does.Contain("closing connection").And.EndWith("\n\n\r\n" + StreamServer.LastChunk));
            await client.AskShort();
            await client.AskShort();
            await client.Send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
            await client.ExpectBeginning();
        }

        await Server.Taken(streams: 4);
        await Server.Node.Push(TestNode.Json(StreamServer.User, 1));
        await client.ReadTo("\"n\":1");
        Assert.That(Server.Left, Is.EqualTo(3));
    }

    /// <summary>With the first one in one packet, so that the server has received it; and later, so that the kernel has it.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task RequestSentWhileItStreams_IsAnsweredAfterwards(bool together)
    {
        const string Next = "GET /short HTTP/1.1\r\nHost: localhost\r\n\r\n";
        var client = await Server.Connect();
        await client.Send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n" + (together ? Next : ""));
        await client.ExpectBeginning();
        var connection = await Server.Taken();
        if (!together)
        {
            await client.Send(Next);
        }

        await Server.Node.Push(TestNode.Json(StreamServer.User, 1));
        await client.ReadTo("\"n\":1");
        connection.Close(CloseReason.JoinDenied);

        await client.ReadTo(StreamServer.LastChunk);
        await client.ExpectShortAnswer();
    }

    [Test]
    public async Task BytesSentWhileItStreams_AreNotRead()
    {
        var client = await Server.Open();
        await Server.Taken();
        client.Socket.Blocking = false;
        var (bytes, sent) = (new byte[65_536], 0);
        while (client.Socket.Send(bytes, SocketFlags.None, out var error) is var count && error == SocketError.Success)
        {
            sent += count;
            Assert.That(sent, Is.LessThan(64 << 20), "somebody reads");
        }

        await Server.Node.Push(TestNode.Json(StreamServer.User, 1));
        await client.ReadTo("\"n\":1");
    }

    [Test]
    public async Task ClientThatAskedForAClose_GetsOne_AndItsLastWords_ThoughItHasSentWhatNobodyReads()
    {
        var client = await Server.Open("Connection: close\r\n");
        var connection = await Server.Taken();
        await client.Send(new string('x', 10_000));
        connection.Close(CloseReason.JoinDenied);
        Assert.That(await client.ReadToEnd(), Does.EndWith(StreamServer.LastChunk));
    }

    [Test]
    public async Task StreamThatEndsAfterThePortWasUnbound_IsClosed_WithItsLastWords_ThoughItHasSentWhatNobodyReads()
    {
        var client = await Server.Open();
        var connection = await Server.Taken();
        await client.Send(new string('x', 10_000));
        await Server.App.StopAsync();

        connection.Close(CloseReason.Shutdown);

        Assert.That(await client.ReadToEnd(), Does.Contain("closing connection").And.EndWith(StreamServer.LastChunk));
        Assert.That(Server.Left, Is.EqualTo(1));
    }

    [Test]
    public async Task ClientThatPauses_GetsEverythingInOrder()
    {
        const int Messages = 100;
        await using var server = await StreamServer.Start(outbox: 64 << 20);
        var client = await server.Open(receiveBuffer: 4096);
        var connection = await server.Taken();
        for (var i = 0; i < Messages; i++)
        {
            await server.Node.Push(TestNode.Json(StreamServer.User, i, pad: 100_000));
        }

        await server.Node.Settle();
        Assert.That(connection.Writing.IsBlocked, Is.True);
        for (var i = 0; i < Messages; i++)
        {
            Assert.That(await client.ReadTo("\n\n\r\n"), Does.Contain($"\"n\":{i},").And.Length.GreaterThan(100_000));
        }
    }
}
