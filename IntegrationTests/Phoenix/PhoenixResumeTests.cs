using System.Net;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Phoenix;

/// <summary>The clients in the field with one join parameter, <c>since</c>, as docs/getting-started/never-miss-a-message.md has it: all of them at once.</summary>
internal sealed class PhoenixResumeTests
{
    private const string Unknown = "nothing that a node ever said";

    [OneTimeSetUp]
    public Task Install() => PhoenixClientTests.Installed.Value;

    [Test]
    public async Task ConnectionThatBreaksUnderTraffic_MissesNothing()
    {
        await using var node = await GatewayNode.Start(new() { ["OUTBOX_MAX_BYTES"] = PhoenixTunnel.OutboxBytes });
        await EachClient.Does(async (version, transport) =>
        {
            await using var tunnel = await PhoenixTunnel.Open(version, transport, node.External, node.Api);
            for (var i = 0; i < 3; i++)
            {
                await tunnel.Breaks(user => Passes(node, user, messages: 20));
            }

            await tunnel.HasMissedNothing();
        });
    }

    [Test]
    public async Task GapComesRightAfterTheReply_AndSaysFromWhereAllComes()
    {
        await using var node = await GatewayNode.Start();
        await EachClient.Does(async (version, transport) =>
        {
            var user = $"gap-{version}-{transport}";
            await using var client = PhoenixClient.Start(version, transport, node.External, Token.Of(user));
            await client.Join($"user:{user}", Unknown);
            var joined = await client.Notices("joined", "gap", "message");
            var gap = await client.Notices("joined", "gap", "message");
            await node.Publish($$"""{"user":"{{user}}"}""");
            var message = await client.Notices("joined", "gap", "message");

            Assert.That(gap.GetProperty("what").GetString(), Is.EqualTo("gap"));
            Assert.That(gap.GetProperty("payload").GetRawText(), Is.EqualTo("""{"reason":"unknown_position"}"""));
            Assert.That(joined.GetProperty("response").GetProperty("id").GetString(), Is.EqualTo(Unknown));
            Assert.That(Id(gap), Is.Not.EqualTo(Unknown));
            Assert.That(Id(message), Is.Not.EqualTo(Id(gap)));
        });
    }

    /// <summary>Without a history this node has none of what was missed.</summary>
    [Test]
    public async Task WhatIsLost_IsAGap_AndWhatComesAfterItIsComplete()
    {
        await using var node = await GatewayNode.Start(new() { ["HISTORY_MAX_BYTES"] = "0" });
        await EachClient.Does(async (version, transport) =>
        {
            var user = $"lost-{version}-{transport}";
            using var relay = Relay.To(node.External);
            await using var client = PhoenixClient.Start(version, transport, relay.Address, Token.Of(user));
            await client.Join($"user:{user}", since: "");
            await client.Notices("joined");
            relay.Cut();
            await HasLost(client);
            await node.Publish($$"""{"user":"{{user}}","n":1}""");
            relay.Mend();
            var back = await client.Notices("joined", "gap", "message");
            var gap = await client.Notices("joined", "gap", "message");
            await node.Publish($$"""{"user":"{{user}}","n":2}""");
            var message = await client.Notices("joined", "gap", "message");

            Assert.That(back.GetProperty("what").GetString(), Is.EqualTo("joined"));
            Assert.That(gap.GetProperty("payload").GetRawText(), Is.EqualTo("""{"reason":"retention"}"""));
            Assert.That(message.GetProperty("payload").GetProperty("n").GetInt32(), Is.EqualTo(2));
        });
    }

    [Test]
    public async Task QuietChannel_GoesOnFromItsPosition()
    {
        await using var node = await GatewayNode.Start(new() { ["HEARTBEAT_INTERVAL_MS"] = "200" });
        await EachClient.Does(async (version, transport) =>
        {
            var user = $"quiet-{version}-{transport}";
            using var relay = Relay.To(node.External);
            await using var client = PhoenixClient.Start(version, transport, relay.Address, Token.Of(user));
            await client.Join($"user:{user}", since: "");
            var first = (await client.Notices("joined")).GetProperty("response").GetProperty("id").GetString();
            await node.Publish("""{"user":"somebody else"}""");
            JsonElement position;
            do
            {
                position = await client.Notices("position");
                Assert.That(position.GetProperty("payload").GetRawText(), Is.EqualTo("{}"));
            }
            while (Id(position) == first);

            relay.Cut();
            await HasLost(client);
            relay.Mend();
            var back = await client.Notices("joined");
            Assert.That(back.GetProperty("response").GetProperty("id").GetString(), Is.Not.EqualTo(first));
            Assert.That(client.HasNoticed("gap") || client.HasNoticed("message"), Is.False);
        });
    }

    [Test]
    public async Task PresenceOnAChannelWithIds_IsAsEver()
    {
        await using var node = await GatewayNode.Start();
        await EachClient.Does(async (version, transport) =>
        {
            var user = $"present-{version}-{transport}";
            await using var client = PhoenixClient.Start(version, transport, node.External, Token.Of(user));
            await client.Join($"user:{user}", since: "");
            await Sees(client, 1);
            using (await node.Listen(user))
            {
                await Sees(client, 2);
            }

            await Sees(client, 1);
            var sessions = await node.GetApi($"/v1/users/{user}/sessions");
            Assert.That(sessions.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(client.HasNoticed("gap"), Is.False);
        });
    }

    [Test]
    public async Task ChannelWithoutSince_HasNoIds()
    {
        await using var node = await GatewayNode.Start(new() { ["HEARTBEAT_INTERVAL_MS"] = "100" });
        await EachClient.Does(async (version, transport) =>
        {
            var user = $"plain-{version}-{transport}";
            await using var client = PhoenixClient.Start(version, transport, node.External, Token.Of(user));
            await client.Join($"user:{user}");
            var joined = await client.Notices("joined");
            using (var clock = await node.Listen(user))
            {
                await clock.NextPosition();
                await clock.NextPosition();
            }

            await node.Publish($$"""{"user":"{{user}}"}""");
            var message = await client.Notices("message");
            Assert.That(joined.GetProperty("response").GetRawText(), Is.EqualTo("{}"));
            Assert.That(Id(message), Is.Null);
            Assert.That(client.HasNoticed("position") || client.HasNoticed("gap"), Is.False);
        });
    }

    /// <summary>Waits until so many messages have come from now on.</summary>
    internal static async Task Passes(GatewayNode node, string user, int messages)
    {
        using var onlooker = await node.Listen(user);
        await onlooker.Next(messages);
    }

    /// <summary>Waits until it knows that the network is cut: one that polls goes on as if nothing had been, if the cut fell between two polls.</summary>
    private static Task<JsonElement> HasLost(PhoenixClient client) => client.Notices("close", "error");

    private static async Task Sees(PhoenixClient client, int sessions)
    {
        while ((await client.Notices("presence")).GetProperty("refs").GetArrayLength() != sessions)
        {
        }
    }

    private static string? Id(JsonElement noticed) => noticed.TryGetProperty("ref", out var id) ? id.GetString() : null;
}
