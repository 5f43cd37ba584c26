using System.ComponentModel;

namespace RigKafka.Apis;

/// <summary>Where API definitions come from, and where they are kept.</summary>
internal sealed class ApisOptions
{
    public const string TopicSetting = "KAFKA_APIS_TOPIC";

    [ConfigurationKeyName("PROXY_CONFIG_FILE")]
    [Description("The API definitions to start with: a file, or the JSON array itself. What was changed at run time wins over it. "
        + "Nothing is proxied before there are definitions.")]
    public string ConfigFile { get; set; } = "";

    [ConfigurationKeyName(TopicSetting)]
    [Description("The Kafka topic that holds the API definitions. It has one partition and is compacted; it is created so "
        + "when it is missing, and a node does not start on one that is not.")]
    public string Topic { get; set; } = "rig-apis";
}
