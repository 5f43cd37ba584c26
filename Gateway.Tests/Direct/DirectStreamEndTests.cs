using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Direct;

/// <summary>Clients and connections that end, before a stream leaves the server and afterwards: each leaves once.</summary>
internal sealed class DirectStreamEndTests : StreamFixture
{
    [Test]
    public async Task ClientThatEndsBeforeTheTakeOver_IsNotTakenOver_AndLeavesOnce()
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Server.BeforeTakeOver = async (context, _) =>
        {
            reached.SetResult();
            await Aborted(context);
        };
        var client = await Server.Open();
        await reached.Task.Soon();

        client.Socket.Shutdown(SocketShutdown.Send);

        var connection = await Ended();
        Assert.That(connection.Closing, Is.EqualTo(CloseReason.ClientGone));
        Assert.That(Server.Streams.Single().IsTakenOver, Is.False);
        await Wait.Until(() => Server.Left == 1, "it has left");
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task ClientThatEndsItsSide_IsGone_AlsoIfItHasSentSomethingBefore(bool withBytes)
    {
        var client = await Server.Open();
        await Server.Taken();
        if (withBytes)
        {
            await client.Send("GET /short HTTP/1.1\r\n");
        }

        client.Socket.Shutdown(SocketShutdown.Send);

        Assert.That((await Ended()).Closing, Is.EqualTo(CloseReason.ClientGone));
        await Wait.Until(() => Server.Left == 1, "it has left");
    }

    [Test]
    public async Task ClientThatResets_IsGone()
    {
        var client = await Server.Open();
        await Server.Taken();
        client.Reset();
        Assert.That((await Ended()).Closing, Is.EqualTo(CloseReason.ClientGone));
        await Wait.Until(() => Server.Left == 1, "it has left");
    }

    [Test]
    public async Task SlowClient_IsReset_AndLeavesOnce()
    {
        await using var server = await StreamServer.Start(outbox: 1 << 16);
        var client = await server.Open(receiveBuffer: 4096);
        var connection = await server.Taken();
        var number = 0;
        while (!connection.IsEnded)
        {
            await server.Node.Push(TestNode.Json(StreamServer.User, number++, pad: 30_000));
            await server.Node.Settle();
            server.Node.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.That(connection.Closing, Is.EqualTo(CloseReason.SlowConsumer));
        Assert.That(async () => await client.ReadToEnd(), Throws.InstanceOf<SocketException>());
        Assert.That(server.Left, Is.EqualTo(1));
    }

    [Test]
    public async Task Abort_BeforeTheTakeOver_ResetsTheClient_AndEndsTheRequest()
    {
        Server.BeforeTakeOver = async (context, connection) =>
        {
            connection.Wire.Abort();
            await Aborted(context);
        };
        var client = await Server.Connect();
        await client.Send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");

        Assert.That((await Ended()).Closing, Is.EqualTo(CloseReason.ClientGone));
        Assert.That(async () => await client.ReadToEnd(), Throws.InstanceOf<SocketException>());
        await Wait.Until(() => Server.Left == 1, "it has left");
    }

    [Test]
    public async Task ConnectionThatEndsBeforeTheTakeOver_StaysWithTheServer_WhichEndsTheAnswer()
    {
        Server.BeforeTakeOver = async (_, connection) =>
        {
            connection.Start();
            connection.Close(CloseReason.JoinDenied);
            await connection.Closed;
        };
        var client = await Server.Open();
        Assert.That(await client.ReadTo(StreamServer.LastChunk), Does.Contain("closing connection"));
        await client.AskShort();
        Assert.That(Server.Streams.Single().IsTakenOver, Is.False);
        Assert.That(Server.Left, Is.EqualTo(1));
    }

    [Test]
    public async Task ClientsAndEndingsThatRace_LeaveOnceEach()
    {
        const int Streams = 300;
        Server.BeforeTakeOver = (_, connection) =>
        {
            if (connection.Id % 3 == 0)
            {
                ThreadPool.QueueUserWorkItem(_ => connection.Close(CloseReason.TokenBlacklisted));
            }

            return Task.CompletedTask;
        };
        await Parallel.ForAsync(0, Streams, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var client = await Server.Connect();
            await client.Send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
            if (i % 2 == 0)
            {
                await client.ExpectBeginning();
            }

            if (i % 4 < 2)
            {
                client.Reset();
            }
            else
            {
                client.Socket.Dispose();
            }
        });

        await Wait.Until(() => Server.Node.Registry.Open == 0, "all are gone");
        await Wait.Until(() => Server.RequestsOver == Server.Streams.Count, "the requests are over");
        await Wait.Until(() => Server.Left >= Server.Streams.Count, "all have left");
        Assert.That(Server.Left, Is.EqualTo(Server.Streams.Count));
        Assert.That(await Server.App.External.GetStringAsync("/short"), Is.EqualTo("short"));
    }

    private async Task<Connection> Ended()
    {
        await Wait.Until(() => Server.Streams.Count == 1, "the stream was opened");
        await Server.Streams[0].Connection.Closed.Soon();
        return Server.Streams[0].Connection;
    }

    private static async Task Aborted(HttpContext context)
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registered = context.RequestAborted.UnsafeRegister(_ => aborted.TrySetResult(), null);
        await aborted.Task.Soon();
    }
}
