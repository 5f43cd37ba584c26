using RigKafka.IntegrationTests.Nodes;

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

    public static string BlacklistOf(string topic) => $"{topic}-blacklist";
}
