using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>Nodes that share a source topic.</summary>
internal static class KafkaNode
{
    public static Task<GatewayNode> Start(string hosts, string topic, Dictionary<string, string?>? settings = null) =>
        GatewayNode.Start(new(settings ?? [])
        {
            ["KAFKA_ENABLED"] = "true",
            ["KAFKA_HOSTS"] = hosts,
            ["KAFKA_SOURCE_TOPICS"] = topic,
        });

    public static Task<GatewayNode[]> StartTwo(string hosts, string topic, Dictionary<string, string?>? settings = null) =>
        Task.WhenAll(Start(hosts, topic, settings), Start(hosts, topic, settings));
}
