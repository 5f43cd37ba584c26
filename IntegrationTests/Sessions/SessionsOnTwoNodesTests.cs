using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.WebSockets;

namespace RigKafka.IntegrationTests.Sessions;

/// <summary>A session that is ended on one node is over on every node, and after all of them were restarted.</summary>
internal sealed class SessionsOnTwoNodesTests : SessionsFixture
{
    private const int Sessions = 200;

    [Test]
    public async Task AnEndedSession_IsOverOnBothNodesAndAfterARestartOfBoth()
    {
        var nodes = await KafkaNode.StartTwo(Hosts, Topic, Settings);
        long expires;
        using (var here = await nodes[0].Listen("alice", "s1"))
        using (var there = await nodes[1].Listen("alice", "s1"))
        {
            await nodes[0].EndSession("alice", "s1");

            await SessionCalls.AssertIsToldAndEnded(here);
            await SessionCalls.AssertIsToldAndEnded(there);
            const string Ended = "The session \"s1\" is on the blacklist; connections to this node that were ended: 1.";
            Assert.That(nodes.SelectMany(node => node.Log.Of("SessionEnded")), Is.EqualTo(new[] { Ended, Ended }));
            Assert.That(nodes.Select(node => node.Log.Of("Blacklisted").Count()), Is.EqualTo([1, 0]));
            Assert.That(await nodes[1].TryListen("alice", "s1"), Is.EqualTo(HttpStatusCode.Unauthorized));
            expires = SessionCalls.ExpiresAt(await nodes[1].Expect(HttpStatusCode.OK, HttpMethod.Put, "/v1/blacklist/s2", """{"ttl_seconds":15}"""));
            await nodes[1].Expect(HttpStatusCode.OK, HttpMethod.Put, "/v1/blacklist/s4", """{"ttl_seconds":3600}""");
        }

        await Task.WhenAll(nodes.Select(node => node.DisposeAsync().AsTask())).Soon();

        nodes = await KafkaNode.StartTwo(Hosts, Topic, Settings);
        await using var one = nodes[0];
        await using var two = nodes[1];
        foreach (var node in nodes)
        {
            Assert.That((await node.TryListen("alice", "s1"), await node.TryListen("alice", "s4"), await node.TryListen("alice", "s3")),
                Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.OK)));
            // On a busy machine the restart may take longer than this entry lives.
            var answer = await node.TryListen("alice", "s2");
            Assert.That(answer == HttpStatusCode.Unauthorized || DateTimeOffset.UtcNow.ToUnixTimeSeconds() >= expires, $"{answer} before the entry expires");
        }

        await Wait.Until(async () => await one.TryListen("alice", "s2") == HttpStatusCode.OK && await two.TryListen("alice", "s2") == HttpStatusCode.OK, "the entry expires");
        Assert.That(await one.TryListen("alice", "s1"), Is.EqualTo(HttpStatusCode.Unauthorized));

        await one.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, "/v1/blacklist/s1");
        Assert.That(await one.TryListen("alice", "s1"), Is.EqualTo(HttpStatusCode.OK));
        await Wait.Until(async () => await two.TryListen("alice", "s1") == HttpStatusCode.OK, "it is let in again");
    }

    [Test]
    public async Task AnEndedSession_IsOverOnEveryTransportOfBothNodes()
    {
        var nodes = await KafkaNode.StartTwo(Hosts, Topic, Settings);
        await using var one = nodes[0];
        await using var two = nodes[1];
        var token = SessionCalls.TokenOf("alice", "s1");
        var (streams, sockets, pollings) = (new List<SseClient>(), new List<RawWebSocket>(), new List<PollingClient>());
        foreach (var node in nodes)
        {
            streams.Add(await node.Listen("alice", "s1"));
            sockets.Add(await RawWebSocket.Listen(node.External, "alice", token: token));
            pollings.Add(await PollingClient.Listen(node, "alice", token));
        }

        await one.EndSession("alice", "s1");

        foreach (var stream in streams)
        {
            await SessionCalls.AssertIsToldAndEnded(stream);
            stream.Dispose();
        }

        const string Closing = """[null,null,"user:alice","closing",{"reason":"token_blacklisted","reconnect":false}]""";
        foreach (var socket in sockets)
        {
            var told = new List<string>();
            Assert.That(await socket.Closed(told), Is.EqualTo(1000));
            Assert.That(told, Is.EqualTo([Closing]));
            socket.Dispose();
        }

        foreach (var polling in pollings)
        {
            Assert.That(await polling.Next(), Is.EqualTo([Closing]));
            Assert.That(await polling.Next(), Is.Null);
        }

        foreach (var node in nodes)
        {
            Assert.That(await node.TryListen("alice", "s1"), Is.EqualTo(HttpStatusCode.Unauthorized));
            await Wait.Until(() => node.Registry.Open == 0, "all are gone");
        }
    }

    [Test]
    public async Task AnIssuerThatRotatesItsKeyAndIsThenDown_IsBelievedOnBothNodes_AndOpenStreamsStay()
    {
        await using var issuer = await JwksServer.Start(Jwk.Set(Jwk.Of("first", TestKeys.Rsa)));
        Settings["JWT_SECRET_KEY"] = null;
        Settings["JWT_JWKS_URL"] = issuer.Url;
        var nodes = await KafkaNode.StartTwo(Hosts, Topic, Settings);
        await using var one = nodes[0];
        await using var two = nodes[1];
        static string Signed(RSA key, string id) => Jws.Sign("""{"user":"alice","roles":[],"exp":4102444800,"jti":"s1"}""", "RS256", key, id);
        var streams = new List<SseClient>();
        foreach (var node in nodes)
        {
            streams.Add(await node.ListenWith("alice", Signed(TestKeys.Rsa, "first")));
        }

        issuer.Answer = Jwk.Set(Jwk.Of("second", TestKeys.OtherRsa));
        var longest = TimeSpan.Zero;
        foreach (var node in nodes)
        {
            var asked = Stopwatch.GetTimestamp();
            streams.Add(await node.ListenWith("alice", Signed(TestKeys.OtherRsa, "second")));
            longest = Stopwatch.GetElapsedTime(asked) is var took && took > longest ? took : longest;
            Assert.That(await node.TryListenWith("alice", Signed(TestKeys.Rsa, "first")), Is.EqualTo(HttpStatusCode.Unauthorized), "taken back");
        }

        issuer.Answer = null;
        foreach (var node in nodes)
        {
            Assert.That(await node.TryListenWith("alice", Signed(TestKeys.Rsa, "third")), Is.EqualTo(HttpStatusCode.Unauthorized), "unknown");
            streams.Add(await node.ListenWith("alice", Signed(TestKeys.OtherRsa, "second")));
        }

        await one.Publish("""{"user":"alice"}""");
        foreach (var stream in streams)
        {
            await stream.Next("message");
            stream.Dispose();
        }

        TestContext.Out.WriteLine($"A token of the new key was let in after {longest.TotalSeconds:0.0} s at worst; the issuer was asked {issuer.Requests} times by two nodes.");
    }

    [Test]
    public async Task TheOtherNode_EndsEachSession_AndHowSoonIsMeasured()
    {
        var nodes = await KafkaNode.StartTwo(Hosts, Topic, Settings);
        await using var one = nodes[0];
        await using var two = nodes[1];
        var streams = new List<(SseClient Here, SseClient There)>();
        for (var i = 0; i < Sessions; i++)
        {
            streams.Add((await one.Listen("alice", $"s{i}"), await two.Listen("alice", $"s{i}")));
        }

        var (answers, here, there) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < Sessions; i++)
        {
            var asked = Stopwatch.GetTimestamp();
            await one.EndSession("alice", $"s{i}");
            answers.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            here.Add(await Took(streams[i].Here, asked));
            there.Add(await Took(streams[i].There, asked));
        }

        TestContext.Out.WriteLine($"Of {Sessions} sessions, from the request on: the answer {Figures(answers)}; the closing event on the node asked {Figures(here)}; on the other node {Figures(there)}.");
        streams.ForEach(pair =>
        {
            pair.Here.Dispose();
            pair.There.Dispose();
        });
    }

    [Test]
    public async Task WithoutTheBroker_ASessionIsOverOnTheNodeAskedAndTheAnswerSaysSo()
    {
        await using var cluster = await TestKafka.StartCluster();
        Settings["PUBLISH_TIMEOUT_MS"] = "2000";
        var nodes = await KafkaNode.StartTwo(cluster.Hosts, Topic, Settings);
        await using var one = nodes[0];
        await using var two = nodes[1];
        using var here = await one.Listen("alice", "s1");
        using var there = await two.Listen("alice", "s1");
        await cluster.Brokers[0].Kill();

        using var answer = await one.Call(HttpMethod.Delete, "/v1/users/alice/sessions/s1");

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(answer.Headers.RetryAfter, Is.Not.Null);
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("in force on this node"));
        await SessionCalls.AssertIsToldAndEnded(here);
        Assert.That((await one.TryListen("alice", "s1"), await two.TryListen("alice", "s1")), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.OK)));
        Assert.That((there.Ended.IsCompleted, there.HasMore), Is.EqualTo((false, false)));

        cluster.Brokers[0].Start();
        await cluster.WaitUntilUp();
        await Wait.Until(async () => (await one.Call(HttpMethod.Delete, "/v1/users/alice/sessions/s1")).StatusCode == HttpStatusCode.NoContent, "the table takes it again");
        await SessionCalls.AssertIsToldAndEnded(there);
    }

    /// <summary>From a time until the client was told.</summary>
    private static async Task<double> Took(SseClient stream, long since) => Stopwatch.GetElapsedTime(since, (await stream.Next("closing")).At).TotalMilliseconds;

    private static string Figures(List<double> times)
    {
        var sorted = times.Order().ToArray();
        return $"{sorted[sorted.Length / 2]:0.0} ms at the median, {sorted[^1]:0.0} ms at worst";
    }
}
