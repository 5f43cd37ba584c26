using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Phoenix;

internal sealed class PhoenixRestartTests
{
    [Test]
    public async Task Restart_OfTheServer_IsFollowedByAReconnectAndARejoin(
        [ValueSource(typeof(PhoenixClientTests), nameof(PhoenixClientTests.Versions))] string version, [ValueSource(typeof(PhoenixClientTests), nameof(PhoenixClientTests.Transports))] string transport)
    {
        await PhoenixClientTests.Installed.Value;
        var node = await GatewayNode.Start();
        await using var client = PhoenixClient.Start(version, transport, node.External, Token.Of("grace"));
        await client.Join("user:grace");
        await client.Notices("joined");
        await node.DisposeAsync();
        Assert.That((await client.Notices("closing")).GetProperty("payload").GetProperty("reason").GetString(), Is.EqualTo("shutdown"));

        await using var next = await GatewayNode.Start(new() { ["INBOUND_PORT"] = $"{node.External.Port}" });
        await client.Notices("joined");
        await next.Publish("""{"user":"grace","n":1}""");

        Assert.That((await client.Notices("message")).GetProperty("payload").GetProperty("n").GetInt32(), Is.EqualTo(1));
    }
}
