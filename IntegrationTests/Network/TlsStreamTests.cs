using System.Net;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Network;

/// <summary>Streams over TLS, on HTTP/1.1 and on HTTP/2, where many share a connection.</summary>
internal sealed class TlsStreamTests : TlsFixture
{
    [TestCase("1.1")]
    [TestCase("2.0")]
    public async Task StreamOverTls_GetsWhatIsPublished_AndHasTheHeadersOfItsVersion(string version)
    {
        await using var node = await StartNode();
        using var client = Certificates.Http(node.Tls.External, Version.Parse(version));
        using var stream = await HttpStream.Listen(client, "alice");
        Assert.That(stream.Response.Headers.NonValidated.Contains("Connection"), Is.EqualTo(version == "1.1"));
        for (var i = 0; i < 100; i++)
        {
            await node.Publish($$"""{"user":"alice","n":{{i}}}""");
        }

        for (var i = 0; i < 100; i++)
        {
            Assert.That((await stream.Next("message")).Data, Does.Contain($"\"n\":{i}}}"));
        }
    }

    [TestCase("1.1")]
    [TestCase("2.0")]
    public async Task NodeThatIsStopped_SaysSo_AndEndsTheStream(string version)
    {
        var node = await StartNode();
        using var client = Certificates.Http(node.Tls.External, Version.Parse(version));
        using var stream = await HttpStream.Listen(client, "alice");

        var stopping = node.DisposeAsync().AsTask();

        Assert.That((await stream.Next("closing")).Data, Is.EqualTo("""{"reason":"shutdown","reconnect":true}"""));
        await stream.Next("closing connection");
        await stream.Ended.Soon();
        await stopping.Soon();
    }

    [Test]
    public async Task TwoHundredStreams_OverOneConnection_EachGetExactlyTheirMessages()
    {
        const int Streams = 200;
        const int Each = 20;
        await using var node = await StartNode();
        using var wire = new OneConnection(Certificates, node.Tls.External);
        var streams = await Task.WhenAll(Enumerable.Range(0, Streams).Select(i => HttpStream.Listen(wire.Client, $"user-{i}")));

        await Parallel.ForAsync(0, Streams, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (user, _) =>
        {
            for (var i = 0; i < Each; i++)
            {
                await node.Publish($$"""{"user":"user-{{user}}","n":{{i}}}""");
            }
        });

        for (var user = 0; user < Streams; user++)
        {
            for (var i = 0; i < Each; i++)
            {
                Assert.That((await streams[user].Next("message")).Data, Is.EqualTo($$"""{"user":"user-{{user}}","n":{{i}}}"""));
            }

            streams[user].Dispose();
        }

        Assert.That(wire.Opened, Is.EqualTo(1));
        await Wait.Until(async () => (await node.Metrics()).Sum("rig_deliveries_total") == Streams * Each, "nobody got more than their own");
    }

    [Test]
    public async Task StreamThatIsReset_IsForgotten_AndTheOthersOfItsConnectionStay()
    {
        await using var node = await StartNode();
        using var wire = new OneConnection(Certificates, node.Tls.External);
        using var staying = await HttpStream.Listen(wire.Client, "alice");
        using var leaving = await HttpStream.Listen(wire.Client, "alice");

        leaving.Dispose();

        await Wait.Until(() => node.Registry.Open == 1, "the stream that was reset is forgotten");
        await node.Publish("""{"user":"alice"}""");
        await staying.Next("message");
        Assert.That((await node.Metrics()).Sum("rig_connections_closed_total", "reason=\"client_gone\""), Is.EqualTo(1));
        Assert.That(wire.Opened, Is.EqualTo(1));
    }

    [Test]
    public async Task StreamsThatComeAndGo_OnOneConnection_LeaveNothingBehind()
    {
        await using var node = await StartNode();
        using var wire = new OneConnection(Certificates, node.Tls.External);
        using var staying = await HttpStream.Listen(wire.Client, "alice");
        for (var i = 0; i < 100; i++)
        {
            var stream = await HttpStream.Open(wire.Client, "alice");
            var flood = Task.WhenAll(Enumerable.Range(0, 10).Select(n => node.Publish($$"""{"user":"alice","i":{{i}},"n":{{n}}}""")));
            stream.Dispose();
            await flood.Soon();
            for (var n = 0; n < 10; n++)
            {
                Assert.That((await staying.Next("message")).Data, Does.Contain($"\"i\":{i},"));
            }
        }

        await Wait.Until(() => node.Registry.Open == 1, "all streams that were reset are forgotten");
    }

    [Test]
    public async Task StreamThatStopsReading_IsASlowConsumer_AndTheOthersOfItsConnectionGoOn()
    {
        await using var node = await StartNode();
        using var wire = new OneConnection(Certificates, node.Tls.External);
        using var reading = await HttpStream.Listen(wire.Client, "alice");
        using var stalled = await HttpStream.Open(wire.Client, "alice", reads: false);
        // The outbox and what is on its way.
        await PublishUntilOneIsClosed(node, reading, within: 2_000_000);
        Assert.That(wire.Opened, Is.EqualTo(1));
    }

    [Test]
    public async Task ConnectionThatStopsReading_IsASlowConsumer_OnHttp1()
    {
        await using var node = await StartNode();
        using var client = Certificates.Http(node.Tls.External, HttpVersion.Version11);
        using var reading = await HttpStream.Listen(client, "alice");
        using var stalled = await HttpStream.Open(client, "alice", reads: false);
        // The kernel's buffers take several MB before the outbox has to.
        await PublishUntilOneIsClosed(node, reading, within: 50_000_000);
    }

    [Test]
    public async Task ConnectionThatStopsReading_IsASlowConsumer_OnHttp2()
    {
        await using var node = await StartNode();
        using var client = Certificates.Http(node.Tls.External, HttpVersion.Version20);
        using var reading = await HttpStream.Listen(client, "alice");
        using var stalled = await RawHttp2.Open(Certificates, node.Tls.External);
        await stalled.Get($"/socket/sse?users[]=alice&token={Token.Of("alice")}");
        await PublishUntilOneIsClosed(node, reading, within: 2_000_000);
    }

    [Test]
    public async Task ConnectionThatPauses_IsNotBrokenOff_HoweverLittleItTakes()
    {
        // The server allows for what the kernel has taken, some MB, at the least rate.
        await using var node = await StartNode(new()
        {
            ["HTTP_MIN_BYTES_PER_SECOND"] = "1000000",
            ["HTTP_MIN_RATE_GRACE_MS"] = "1001",
            ["TCP_USER_TIMEOUT_MS"] = "0",
            ["HEARTBEAT_INTERVAL_MS"] = "1000",
            ["OUTBOX_MAX_BYTES"] = "100000000",
        });
        using var client = Certificates.Http(node.Tls.External, HttpVersion.Version20);
        using var reading = await HttpStream.Listen(client, "bob");
        using var paused = await RawHttp2.Open(Certificates, node.Tls.External, windows: true);
        await paused.Get($"/socket/sse?users[]=alice&token={Token.Of("alice")}");
        await Wait.Until(() => node.Registry.Open == 2, "both are open");
        // More than the kernel keeps, so that the server's write waits.
        for (var i = 0; i < 40; i++)
        {
            await node.Publish($$"""{"user":"alice","pad":"{{new string('x', 500_000)}}"}""");
        }

        for (var i = 0; i < 15; i++)
        {
            await reading.NextHeartbeat();
        }

        Assert.That(node.Registry.Open, Is.EqualTo(2));
    }

    [Test]
    public async Task PeerThatAnswersNoPing_IsGivenUp()
    {
        await using var node = await StartNode(new() { ["HTTP2_PING_DELAY_MS"] = "1000", ["HTTP2_PING_TIMEOUT_MS"] = "1000" });
        using var client = await RawHttp2.Open(Certificates, node.Tls.External);
        await client.Get($"/socket/sse?users[]=alice&token={Token.Of("alice")}");
        await Wait.Until(() => node.Registry.Open == 1, "the stream is open");

        await client.ReadToEnd().Soon();

        await Wait.Until(() => node.Registry.Open == 0, "the stream is forgotten");
    }

    private static async Task PublishUntilOneIsClosed(GatewayNode node, HttpStream reading, int within)
    {
        await Wait.Until(() => node.Registry.Open == 2, "both are open");
        var json = $$"""{"user":"alice","pad":"{{new string('x', 100_000)}}"}""";

        var sent = 0;
        while (node.Registry.Open == 2)
        {
            Assert.That(sent += json.Length, Is.LessThan(within), "the stalled stream is still there");
            await node.Publish(json);
            Assert.That((await reading.Next("message")).Data, Has.Length.EqualTo(json.Length));
        }

        Assert.That((await node.Metrics()).Sum("rig_connections_closed_total", "reason=\"slow_consumer\""), Is.EqualTo(1));
        await node.Publish(json);
        await reading.Next("message");
    }
}
