using System.Text.Json;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.Messages;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>Nodes that share a source topic.</summary>
internal static class KafkaNode
{
    public static Task<GatewayNode> Start(string hosts, string topic, Dictionary<string, string?>? settings = null, bool waitUntilReady = true) =>
        GatewayNode.Start(Settings(hosts, topic, settings), waitUntilReady: waitUntilReady);

    public static Task<GatewayNode[]> StartTwo(string hosts, string topic, Dictionary<string, string?>? settings = null) =>
        Task.WhenAll(Start(hosts, topic, settings), Start(hosts, topic, settings));

    /// <summary>The environment of a node; tables have topics of their own, as the source topic does.</summary>
    public static Dictionary<string, string?> Settings(string hosts, string topic, Dictionary<string, string?>? settings = null) => new(settings ?? [])
    {
        ["KAFKA_ENABLED"] = "true",
        ["KAFKA_HOSTS"] = hosts,
        ["KAFKA_SOURCE_TOPICS"] = topic,
        ["KAFKA_BLACKLIST_TOPIC"] = BlacklistOf(topic),
        ["KAFKA_APIS_TOPIC"] = $"{topic}-apis",
        ["KAFKA_PRESENCE_TOPIC"] = $"{topic}-presence",
    };

    /// <summary>
    /// The id of a client that has one more message than a node, of the first partition that has any. Waits until the node has read one.
    /// </summary>
    public static async Task<string> Ahead(GatewayNode node)
    {
        var partition = -1;
        Position? position = null;
        await Wait.Until(
            async () =>
            {
                using var answer = await node.GetApi("/v1/position");
                var id = JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("id").GetString()!;
                position = TestPosition.Parse(id);
                return (partition = position.Offsets(0).IndexOfAnyExcept(0)) >= 0;
            },
            "the node has read a message");
        position!.Advance(0, partition, position.Offsets(0)[partition] + 1);
        return position.Id();
    }

    public static string BlacklistOf(string topic) => $"{topic}-blacklist";
}
