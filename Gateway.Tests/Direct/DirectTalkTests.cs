using System.Net.Sockets;
using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Direct;

/// <summary>Sockets that have left the server and are read from: on real sockets, with the server that they left.</summary>
internal sealed class DirectTalkTests : StreamFixture
{
    [Test]
    public async Task Client_IsHeard_AfterTheRequestIsOver_AndNothingOfItIsHeld()
    {
        var request = new WeakReference(null);
        Server.BeforeTakeOver = (context, _) =>
        {
            request.Target = context;
            return Task.CompletedTask;
        };
        var client = await Server.OpenTalk();
        await Server.Taken();
        await Wait.Until(
            () =>
            {
                GC.Collect();
                return !request.IsAlive;
            },
            "the request is forgotten");

        for (var i = 0; i < 3; i++)
        {
            await client.Send($"hello {i}.");
            Assert.That(await client.ReadTo("."), Is.EqualTo($"hello {i}."));
        }
    }

    [Test]
    public async Task WhatCameWithTheRequest_IsHeardFirst()
    {
        var client = await Server.OpenTalk(first: "first.");
        await Server.Taken();
        await client.Send("second.");
        Assert.That(await client.ReadTo("second."), Is.EqualTo("first.second."));
    }

    [Test]
    public async Task ClientThatEndsItsSide_IsHeardToTheEnd_AndGetsTheLastWords()
    {
        var client = await Server.OpenTalk();
        await Server.Taken();
        var text = new string('x', 100_000);
        await client.Send(text);
        client.Socket.Shutdown(SocketShutdown.Send);

        Assert.That(await client.ReadToEnd(), Is.EqualTo(text + "end"));
        await Wait.Until(() => Server.Left == 1, "it has left");
    }

    [Test]
    public async Task ClientThatResets_IsGone()
    {
        var client = await Server.OpenTalk();
        var connection = await Server.Taken();
        client.Reset();
        Assert.That(await connection.Closed.Soon(), Is.EqualTo(CloseReason.ClientGone));
        await Wait.Until(() => Server.Left == 1, "it has left");
    }

    [Test]
    public async Task Abort_ResetsTheClient_AndEndsWhoListensToIt()
    {
        var client = await Server.OpenTalk();
        var connection = await Server.Taken();
        connection.Wire.Abort();
        Assert.That(async () => await client.ReadToEnd(), Throws.InstanceOf<SocketException>());
        await Wait.Until(() => Server.Left == 1, "it has left");
        Assert.That(connection.IsEnded, Is.True);
    }

    [Test]
    public async Task ClientThatIsGoneBeforeTheTakeOver_StaysWithTheServer()
    {
        var client = await Server.Connect();
        Server.BeforeTakeOver = async (context, _) =>
        {
            client.Reset();
            await Wait.Until(() => context.RequestAborted.IsCancellationRequested, "the server has seen it");
        };
        await client.Send("GET /talk HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        await Wait.Until(() => Server.RequestsOver == 1, "the request is over");
        Assert.That(Server.Streams.Single().IsTakenOver, Is.False);
    }

    /// <summary>Last words are lost to a client that is reset because it went on talking.</summary>
    [Test]
    public async Task NodeThatEnds_WaitsUntilItsClientsHaveReadTheirLastWords()
    {
        var client = await Server.OpenTalk();
        await client.Send("one.");
        await client.ReadTo(".");
        var connection = await Server.Taken();
        connection.Close(CloseReason.Shutdown);
        await connection.Closed.Soon();
        await client.Send("two.");

        var ending = Server.App.StopAsync();
        await client.ReadTo("shutdown");
        Assert.That(ending.IsCompleted, Is.False);
        client.Socket.Shutdown(SocketShutdown.Send);

        await ending.Soon();
        Assert.That(Server.Left, Is.EqualTo(1));
    }
}
