using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Sessions;

namespace RigKafka.IntegrationTests.Operator;

/// <summary>Two nodes on Kafka tell each other of themselves.</summary>
internal sealed class NodesOnTwoNodesTests
{
    [Test]
    public async Task EachListsBoth_WithTheirConnections_AndOneThatEndsIsGone()
    {
        var nodes = await KafkaNode.StartTwo(await TestKafka.Hosts(), TestTopics.NewName());
        await using var one = nodes[0];
        await using (nodes[1])
        {
            using var stream = await nodes[1].Listen("alice");
            foreach (var node in nodes)
            {
                List<JsonElement> listed = [];
                await Wait.Until(
                    async () =>
                    {
                        listed = await List(node);
                        return listed.Count(each => each.TryGetProperty("connections", out var open) && open.TryGetProperty("sse", out var sse) && sse.GetInt32() == 1) == 1
                            && listed.All(each => !each.GetProperty("silent").GetBoolean() && each.GetProperty("state").GetString() == "ready");
                    },
                    "both nodes know of the stream, and hear each other say that they are ready");
                Assert.That(listed, Has.Count.EqualTo(2));
                Assert.That(listed.Count(each => each.GetProperty("self").GetBoolean()), Is.EqualTo(1));
            }
        }

        await Wait.Until(async () => (await List(one)).Count == 1, "the node that ended has gone");
    }

    private static async Task<List<JsonElement>> List(GatewayNode node)
    {
        using var answer = await node.Call(HttpMethod.Get, "/v1/nodes");
        return [.. JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.EnumerateArray()];
    }
}
