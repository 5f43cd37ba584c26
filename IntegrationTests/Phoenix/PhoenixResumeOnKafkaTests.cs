using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Phoenix;

/// <summary>The same on Kafka, where a client may come back to another node, or to one that knows less than it does.</summary>
internal sealed class PhoenixResumeOnKafkaTests
{
    private static readonly Dictionary<string, string?> Settings = new() { ["OUTBOX_MAX_BYTES"] = PhoenixTunnel.OutboxBytes };

    [OneTimeSetUp]
    public Task Install() => PhoenixClientTests.Installed.Value;

    /// <summary>A roll: each of two nodes stops and starts again, one after the other, and clients go to the one that is there.</summary>
    [Test]
    public async Task NodesThatRestartUnderTraffic_MissNothing()
    {
        var topic = TestTopics.NewName();
        var hosts = await TestKafka.Hosts();
        var one = await KafkaNode.Start(hosts, topic, Settings);
        var two = await KafkaNode.Start(hosts, topic, Settings);
        var tunnels = new List<PhoenixTunnel>();
        try
        {
            await EachClient.Does(async (version, transport) =>
            {
                var tunnel = await PhoenixTunnel.Open(version, transport, one.External, two.Api);
                lock (tunnels)
                {
                    tunnels.Add(tunnel);
                }

                await tunnel.Hears(5);
            });
            Assert.That(tunnels, Has.Count.EqualTo(EachClient.Count));

            tunnels.ForEach(tunnel => tunnel.LeadsTo(two.External));
            await one.DisposeAsync();
            one = await KafkaNode.Start(hosts, topic, Settings);
            await Task.WhenAll(tunnels.Select(tunnel => tunnel.Hears(20)));
            await Task.WhenAll(tunnels.Select(tunnel => tunnel.Breaks(user => PhoenixResumeTests.Passes(one, user, messages: 20), one.External)));
            await Task.WhenAll(tunnels.Select(tunnel => tunnel.Hears(20)));
            await Task.WhenAll(tunnels.Select(tunnel => tunnel.HasMissedNothing()));
        }
        finally
        {
            await Task.WhenAll(tunnels.Select(tunnel => tunnel.DisposeAsync().AsTask()));
            await one.DisposeAsync();
            await two.DisposeAsync();
        }
    }

    /// <summary>A client that has seen more than the node, whose broker hangs, so that nobody knows whether there is more.</summary>
    [Test]
    public async Task NodeThatIsBehind_RefusesTheJoin_AndTheClientTriesAgainByItself()
    {
        await using var cluster = await TestKafka.StartCluster();
        await using var node = await KafkaNode.Start(cluster.Hosts, TestTopics.NewName());
        await node.Publish("""{"user":"somebody"}""");
        var since = await KafkaNode.Ahead(node);
        await cluster.Brokers[0].Pause();
        var clients = new List<(string User, PhoenixClient Client)>();
        try
        {
            await EachClient.Does(async (version, transport) =>
            {
                var user = $"ahead-{version}-{transport}";
                var client = PhoenixClient.Start(version, transport, node.External, Token.Of(user));
                lock (clients)
                {
                    clients.Add((user, client));
                }

                await client.Join($"user:{user}", since);
                for (var i = 0; i < 2; i++)
                {
                    Assert.That((await client.Notices("denied", "joined")).GetProperty("response").GetRawText(), Is.EqualTo("""{"reason":"behind"}"""));
                }
            });

            await cluster.Brokers[0].Resume();
            await node.Publish("""{"user":"somebody"}""");
            foreach (var (user, client) in clients)
            {
                var joined = await client.Notices("joined");
                Assert.That(joined.GetProperty("response").GetProperty("id").GetString(), Is.EqualTo(since));
                await node.Publish($$"""{"user":"{{user}}"}""");
                Assert.That((await client.Notices("message", "gap")).GetProperty("what").GetString(), Is.EqualTo("message"));
            }
        }
        finally
        {
            foreach (var (_, client) in clients)
            {
                await client.DisposeAsync();
            }
        }
    }
}
