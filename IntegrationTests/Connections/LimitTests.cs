using System.Net;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Connections;

/// <summary>One user, or one address, takes what it may and no more.</summary>
internal sealed class LimitTests
{
    [Test]
    public async Task UserWithAsManyStreamsAsAllowed_GetsOneMore_WhenOneHasEnded()
    {
        await using var node = await GatewayNode.Start(new() { ["MAX_CONNECTIONS_PER_USER"] = "2" });
        using var first = await node.Listen("alice");
        using var second = await node.Listen("alice");
        using (var refused = await node.GetExternal($"/socket/sse?users[]=alice&token={Token.Of("alice")}"))
        {
            Assert.That((int)refused.StatusCode, Is.EqualTo(429));
            Assert.That(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, Is.InRange(1, 5));
        }

        using var other = await node.Listen("bob");
        first.Dispose();
        await Wait.Until(() => node.Registry.Open == 2, "the stream has ended");
        await Wait.Until(async () =>
        {
            using var connection = await RawConnection.Open(node.External);
            return (await connection.Ask("GET", $"/socket/sse?users[]=alice&token={Token.Of("alice")}")).Status == 200;
        }, "there is room for one more");
        Assert.That((await node.Metrics()).Sum("rig_connections_refused_total", "reason=\"user_connections\""), Is.Positive);
    }

    [TestCase("MAX_CONNECTIONS", "max_connections")]
    [TestCase("CONNECTS_PER_SECOND", "connect_rate")]
    public async Task NodeWithAsManyStreamsAsAllowed_SaysWhenToComeAgain(string setting, string reason)
    {
        await using var node = await GatewayNode.Start(new() { [setting] = "1" });
        using var first = await node.Listen("alice");
        using var refused = await node.GetExternal($"/socket/sse?users[]=bob&token={Token.Of("bob")}");

        Assert.That((int)refused.StatusCode, Is.EqualTo(503));
        Assert.That(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, Is.InRange(1, 5));
        Assert.That((await node.Metrics()).Sum("rig_connections_refused_total", $"reason=\"{reason}\""), Is.Positive);
    }

    [Test]
    public async Task HerdThatComesAtOnce_IsAllLetIn()
    {
        const int Herd = 2_000;
        await using var gateway = await GatewayProcess.Start(new Dictionary<string, string> { ["JWT_SECRET_KEY"] = Token.Secret });
        var statuses = await Task.WhenAll(Enumerable.Range(0, Herd).Select(async number =>
        {
            var connection = await RawConnection.Open(gateway.External);
            return (Connection: connection, (await connection.Ask("GET", $"/socket/sse?users[]=u{number}&token={Token.Of($"u{number}")}")).Status);
        })).Soon();

        Assert.That(statuses.Select(each => each.Status), Is.All.EqualTo(200));
        foreach (var (connection, _) in statuses)
        {
            connection.Dispose();
        }
    }

    [Test]
    public async Task AddressThatConnectsTooFast_IsSlowedDown_AndOthersAreNot()
    {
        await using var node = await GatewayNode.Start(new() { ["CONNECTS_PER_SECOND_PER_ADDRESS"] = "2", ["TRUSTED_PROXIES"] = "127.0.0.1" });
        var statuses = await Statuses(node, 20, "203.0.113.7");
        Assert.That(statuses.Take(2), Is.All.EqualTo(401), "a burst");
        Assert.That(statuses, Has.Some.EqualTo(429));
        Assert.That(await Statuses(node, 1, "203.0.113.8"), Is.All.EqualTo(401));
        Assert.That(await Statuses(node, 1, "::ffff:203.0.113.9"), Is.All.EqualTo(401));
        Assert.That(await Statuses(node, 20, "2001:db8::1", "2001:db8::2:2"), Has.Some.EqualTo(429), "one network");
        Assert.That(await Statuses(node, 1, "2001:db8:0:1::1"), Is.All.EqualTo(401), "another network");
        Assert.That((await node.Metrics()).Sum("rig_connections_refused_total", "reason=\"address_rate\""), Is.Positive);
    }

    /// <summary>The answers to requests with a token that is none, each of which counts.</summary>
    private static async Task<List<int>> Statuses(GatewayNode node, int requests, params string[] addresses)
    {
        var statuses = new List<int>();
        using var client = new HttpClient();
        for (var i = 0; i < requests; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.External, "/socket/sse?users[]=alice&token=none"));
            request.Headers.Add("X-Forwarded-For", addresses[i % addresses.Length]);
            using var answer = await client.SendAsync(request).Soon();
            statuses.Add((int)answer.StatusCode);
            Assert.That(answer.Headers.RetryAfter?.Delta?.TotalSeconds, answer.StatusCode == HttpStatusCode.TooManyRequests ? Is.InRange(1, 5) : Is.Null);
        }

        return statuses;
    }
}
