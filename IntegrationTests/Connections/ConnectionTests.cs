using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.Listeners;

namespace RigKafka.IntegrationTests.Connections;

/// <summary>Clients that come and go. No heartbeat is due in these tests, so nothing is noticed because a write fails.</summary>
internal sealed class ConnectionTests
{
    private static readonly Dictionary<string, string?> Settings = new() { ["HEARTBEAT_INTERVAL_MS"] = "3600000" };

    [TestCase(false)]
    [TestCase(true)]
    public async Task ClientThatCloses_IsForgottenAtOnce(bool withReset)
    {
        await using var node = await GatewayNode.Start(Settings);
        using var staying = await node.Listen("alice");
        using var leaving = await node.Listen("alice");
        Assert.That(node.Registry.Open, Is.EqualTo(2));

        if (withReset)
        {
            leaving.Reset();
        }
        else
        {
            leaving.Dispose();
        }

        await Wait.Until(() => node.Registry.Open == 1, "the client that closed is forgotten");
        await Wait.Until(async () => (await node.Metrics()).Sum("rig_connections") == 1, "it is in the metrics");
        Assert.That((await node.Metrics()).Sum("rig_connections_closed_total", "reason=\"client_gone\"", "transport=\"sse\""), Is.EqualTo(1));
        await node.Publish("""{"user":"alice"}""");
        await staying.Next("message");
        await Wait.Until(async () => (await node.Metrics()).Sum("rig_deliveries_total") == 1, "the message was delivered to who stayed, and to nobody else");
    }

    [Test]
    public async Task ClientThatClosesWhileItIsSentTo_IsForgottenAtOnce()
    {
        await using var node = await GatewayNode.Start(Settings);
        for (var i = 0; i < 50; i++)
        {
            using var stream = await node.Listen("alice");
            var flood = Task.WhenAll(Enumerable.Range(0, 20).Select(n => node.Publish($$"""{"user":"alice","n":{{n}}}""")));
            await stream.Next("message");
            if (i % 2 == 0)
            {
                stream.Reset();
            }

            stream.Dispose();
            await flood.Soon();
        }

        await Wait.Until(() => node.Registry.Open == 0, "all clients are forgotten");
    }

    [Test, NonParallelizable]
    public async Task TenThousandConnectsAndDisconnects_LeaveTheHeapWhereItWas()
    {
        const int Together = 8;
        await using var node = await GatewayNode.Start(Settings);
        var tokens = Enumerable.Range(0, 100).Select(i => ($"user-{i}", Token.Of($"user-{i}"))).ToArray();
        await ComeAndGo(1_000);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await ComeAndGo(10_000);

        await Wait.Until(() => node.Registry.Open == 0, "all clients are forgotten");
        var after = GC.GetTotalMemory(forceFullCollection: true);
        await TestContext.Progress.WriteLineAsync($"Heap before and after 10,000 connections: {before / 1024} KB, {after / 1024} KB.");
        // 100 bytes of each connection left behind would be more.
        Assert.That(after - before, Is.LessThan(1_000_000));
        Assert.That((await node.Metrics()).Sum("rig_connections_closed_total", "reason=\"client_gone\""), Is.EqualTo(11_000));

        Task ComeAndGo(int times) => Parallel.ForAsync(0, times, new ParallelOptions { MaxDegreeOfParallelism = Together }, async (i, cancellation) =>
        {
            var (user, token) = tokens[i % tokens.Length];
            using var connection = await RawConnection.Open(node.External);
            var response = await connection.Ask("GET", $"/socket/sse?users[]={user}&token={token}");
            Assert.That(response.Status, Is.EqualTo(200));
            // At every stage of a stream's opening, and in both ways.
            if (i % 3 > 0)
            {
                await connection.ReadBlocks(response).FirstAsync(cancellation).Soon();
            }

            if (i % 2 == 0)
            {
                connection.Reset();
            }
        });
    }

    [Test]
    public async Task ClientThatVanishes_IsGivenUp_ByTheSystem()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("TCP_USER_TIMEOUT is known to Linux only.");
        }

        var sockets = new ConcurrentQueue<Socket>();
        await using var node = await GatewayNode.Start(prepare: builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(listener => listener.Use(next => connection =>
        {
            sockets.Enqueue(connection.Features.Get<IConnectionSocketFeature>()!.Socket);
            return next(connection);
        }))));
        using var stream = await node.Listen("alice");

        var milliseconds = new byte[sizeof(int)];
        Assert.That(sockets.TryDequeue(out var accepted), Is.True);
        accepted!.GetRawSocketOption(ListenEndPoint.ProtocolTcp, ListenEndPoint.TcpUserTimeout, milliseconds);

        Assert.That(BitConverter.ToInt32(milliseconds), Is.EqualTo(20_000));
        Assert.That(accepted.NoDelay, Is.True);
    }

    [Test]
    public async Task ClientThatDoesNotRead_IsClosed_AndTheOthersGoOn()
    {
        await using var node = await GatewayNode.Start(Settings);
        using var stalled = await RawConnection.Open(node.External, receiveBuffer: 4096);
        Assert.That((await stalled.Ask("GET", $"/socket/sse?users[]=alice&token={Token.Of("alice")}")).Status, Is.EqualTo(200));
        using var reading = await node.Listen("alice");
        var json = $$"""{"user":"alice","pad":"{{new string('x', 200_000)}}"}""";

        var sent = 0;
        while (node.Registry.Open == 2)
        {
            Assert.That(sent++, Is.LessThan(500), "the stalled client is still there");
            await node.Publish(json);
            Assert.That((await reading.Next("message")).Data, Has.Length.EqualTo(json.Length));
        }

        await Wait.Until(async () => (await node.Metrics()).Sum("rig_connections_closed_total", "reason=\"slow_consumer\"") == 1, "the reason is in the metrics");
        await node.Publish(json);
        await reading.Next("message");
    }
}
