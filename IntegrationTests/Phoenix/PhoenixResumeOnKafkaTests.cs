using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;

namespace RigKafka.IntegrationTests.Phoenix;

/// <summary>The same on Kafka, where a client may come back to another node.</summary>
internal sealed class PhoenixResumeOnKafkaTests
{
    [OneTimeSetUp]
    public Task Install() => PhoenixClientTests.Installed.Value;

    /// <summary>A roll: each of two nodes stops and starts again, one after the other, and clients go to the one that is there.</summary>
    [Test]
    public async Task NodesThatRestartUnderTraffic_MissNothing()
    {
        var topic = TestTopics.NewName();
        var hosts = await TestKafka.Hosts();
        var one = await KafkaNode.Start(hosts, topic);
        var two = await KafkaNode.Start(hosts, topic);
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
            one = await KafkaNode.Start(hosts, topic);
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
}
