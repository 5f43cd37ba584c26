using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Direct;

/// <summary>Streams that have left the server: on real sockets, with the server that they left.</summary>
[Platform("Linux")]
internal sealed class DirectStreamTests
{
    private StreamServer _server = null!;

    [SetUp]
    public async Task Start() => _server = await StreamServer.Start();

    [TearDown]
    public async Task Stop() => await _server.DisposeAsync();

    [Test]
    public async Task Stream_GoesOn_AfterItsRequestIsOver()
    {
        var client = await _server.Open();
        await _server.Taken();

        await _server.Node.Push(TestNode.Json(StreamServer.User, 1));
        Assert.That(await client.ReadTo("\n\n\r\n"), Does.Contain("event: message").And.Contain("\"n\":1"));
        await _server.Node.Push(TestNode.Json(StreamServer.User, 2));
        Assert.That(await client.ReadTo("\n\n\r\n"), Does.Contain("\"n\":2"));
        Assert.That(_server.RequestsOver, Is.EqualTo(1));
        Assert.That(_server.Left, Is.Zero);
    }

    [Test]
    public async Task Stream_HoldsNothingOfTheServer()
    {
        var request = new WeakReference(null);
        _server.BeforeTakeOver = (context, _) =>
        {
            request.Target = context;
            return Task.CompletedTask;
        };
        var client = await _server.Open();
        var connection = await _server.Taken();

        await Wait.Until(
            () =>
            {
                GC.Collect();
                return !request.IsAlive;
            },
            "the request is forgotten");
        Assert.That(connection.IsEnded, Is.False);
        await _server.Node.Push(TestNode.Json(StreamServer.User, 1));
        await client.ReadTo("\"n\":1");
    }

    [Test]
    public async Task ClientThatEndsBeforeTheTakeOver_IsNotTakenOver_AndLeavesOnce()
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.BeforeTakeOver = async (context, _) =>
        {
            reached.SetResult();
            await Aborted(context);
        };
        var client = await _server.Open();
        await reached.Task.Soon();

        client.Socket.Shutdown(SocketShutdown.Send);

        var connection = await Ended();
        Assert.That(connection.Closing, Is.EqualTo(CloseReason.ClientGone));
        Assert.That(_server.Streams.Single().IsTakenOver, Is.False);
        await Wait.Until(() => _server.Left == 1, "it has left");
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task ClientThatEndsItsSide_IsGone_AlsoIfItHasSentSomethingBefore(bool withBytes)
    {
        var client = await _server.Open();
        await _server.Taken();
        if (withBytes)
        {
            await client.Send("GET /short HTTP/1.1\r\n");
        }

        client.Socket.Shutdown(SocketShutdown.Send);

        Assert.That((await Ended()).Closing, Is.EqualTo(CloseReason.ClientGone));
        await Wait.Until(() => _server.Left == 1, "it has left");
    }

    [Test]
    public async Task ClientThatResets_IsGone()
    {
        var client = await _server.Open();
        await _server.Taken();
        client.Reset();
        Assert.That((await Ended()).Closing, Is.EqualTo(CloseReason.ClientGone));
        await Wait.Until(() => _server.Left == 1, "it has left");
    }

    [Test]
    public async Task StreamThatEndsWell_GivesItsConnectionBack_AgainAndAgain()
    {
        var client = await _server.Open();
        for (var i = 1; i <= 3; i++)
        {
            (await _server.Taken(streams: i)).Close(CloseReason.JoinDenied);
            Assert.That(await client.ReadTo(StreamServer.LastChunk), Does.Contain("closing connection").And.EndWith("\n\n\r\n" + StreamServer.LastChunk));
            await client.AskShort();
            await client.AskShort();
            await client.Send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
            await client.ExpectBeginning();
        }

        await _server.Taken(streams: 4);
        await _server.Node.Push(TestNode.Json(StreamServer.User, 1));
        await client.ReadTo("\"n\":1");
        Assert.That(_server.Left, Is.EqualTo(3));
    }

    /// <summary>With the first one in one packet, so that the server has received it; and later, so that the kernel has it.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task RequestSentWhileItStreams_IsAnsweredAfterwards(bool together)
    {
        const string Next = "GET /short HTTP/1.1\r\nHost: localhost\r\n\r\n";
        var client = await _server.Connect();
        await client.Send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n" + (together ? Next : ""));
        await client.ExpectBeginning();
        var connection = await _server.Taken();
        if (!together)
        {
            await client.Send(Next);
        }

        await _server.Node.Push(TestNode.Json(StreamServer.User, 1));
        await client.ReadTo("\"n\":1");
        connection.Close(CloseReason.JoinDenied);

        await client.ReadTo(StreamServer.LastChunk);
        await client.ExpectShortAnswer();
    }

    [Test]
    public async Task BytesSentWhileItStreams_AreNotRead()
    {
        var client = await _server.Open();
        await _server.Taken();
        client.Socket.Blocking = false;
        var (bytes, sent) = (new byte[65_536], 0);
        while (client.Socket.Send(bytes, SocketFlags.None, out var error) is var count && error == SocketError.Success)
        {
            sent += count;
            Assert.That(sent, Is.LessThan(64 << 20), "somebody reads");
        }

        await _server.Node.Push(TestNode.Json(StreamServer.User, 1));
        await client.ReadTo("\"n\":1");
    }

    [Test]
    public async Task ClientThatAskedForAClose_GetsOne_AndItsLastWords_ThoughItHasSentWhatNobodyReads()
    {
        var client = await _server.Open("Connection: close\r\n");
        var connection = await _server.Taken();
        await client.Send(new string('x', 10_000));
        connection.Close(CloseReason.JoinDenied);
        Assert.That(await client.ReadToEnd(), Does.EndWith(StreamServer.LastChunk));
    }

    [Test]
    public async Task StreamThatEndsAfterThePortWasUnbound_IsClosed_WithItsLastWords_ThoughItHasSentWhatNobodyReads()
    {
        var client = await _server.Open();
        var connection = await _server.Taken();
        await client.Send(new string('x', 10_000));
        await _server.App.StopAsync();

        connection.Close(CloseReason.Shutdown);

        Assert.That(await client.ReadToEnd(), Does.Contain("closing connection").And.EndWith(StreamServer.LastChunk));
        Assert.That(_server.Left, Is.EqualTo(1));
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
        Assert.That(connection.IsBlocked, Is.True);
        for (var i = 0; i < Messages; i++)
        {
            Assert.That(await client.ReadTo("\n\n\r\n"), Does.Contain($"\"n\":{i},").And.Length.GreaterThan(100_000));
        }
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
        _server.BeforeTakeOver = async (context, connection) =>
        {
            connection.Wire.Abort();
            await Aborted(context);
        };
        var client = await _server.Connect();
        await client.Send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");

        Assert.That((await Ended()).Closing, Is.EqualTo(CloseReason.ClientGone));
        Assert.That(async () => await client.ReadToEnd(), Throws.InstanceOf<SocketException>());
        await Wait.Until(() => _server.Left == 1, "it has left");
    }

    [Test]
    public async Task ConnectionThatEndsBeforeTheTakeOver_StaysWithTheServer_WhichEndsTheAnswer()
    {
        _server.BeforeTakeOver = async (_, connection) =>
        {
            connection.Start();
            connection.Close(CloseReason.JoinDenied);
            await connection.Closed;
        };
        var client = await _server.Open();
        Assert.That(await client.ReadTo(StreamServer.LastChunk), Does.Contain("closing connection"));
        await client.AskShort();
        Assert.That(_server.Streams.Single().IsTakenOver, Is.False);
        Assert.That(_server.Left, Is.EqualTo(1));
    }

    [Test]
    public async Task ClientsAndEndingsThatRace_LeaveOnceEach()
    {
        const int Streams = 300;
        _server.BeforeTakeOver = (_, connection) =>
        {
            if (connection.Id % 3 == 0)
            {
                ThreadPool.QueueUserWorkItem(_ => connection.Close(CloseReason.TokenBlacklisted));
            }

            return Task.CompletedTask;
        };
        await Parallel.ForAsync(0, Streams, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var client = await _server.Connect();
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

        await Wait.Until(() => _server.Node.Registry.Open == 0, "all are gone");
        await Wait.Until(() => _server.RequestsOver == _server.Streams.Count, "the requests are over");
        await Wait.Until(() => _server.Left >= _server.Streams.Count, "all have left");
        Assert.That(_server.Left, Is.EqualTo(_server.Streams.Count));
        Assert.That(await _server.App.External.GetStringAsync("/short"), Is.EqualTo("short"));
    }

    private async Task<Connection> Ended()
    {
        await Wait.Until(() => _server.Streams.Count == 1, "the stream was opened");
        await _server.Streams[0].Connection.Closed.Soon();
        return _server.Streams[0].Connection;
    }

    private static async Task Aborted(HttpContext context)
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registered = context.RequestAborted.UnsafeRegister(_ => aborted.TrySetResult(), null);
        await aborted.Task.Soon();
    }
}
