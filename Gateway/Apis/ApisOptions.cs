using System.ComponentModel;

namespace RigKafka.Apis;

/// <summary>Where API definitions come from, and where they are kept.</summary>
internal sealed class ApisOptions
{
    public const string TopicSetting = "KAFKA_APIS_TOPIC";

    [ConfigurationKeyName("PROXY_CONFIG_FILE")]
    [Description("The API definitions to start with: a file, or the JSON array itself. What is changed at run time counts before it. "
        + "Nothing is proxied before there are definitions.")]
    public string ConfigFile { get; set; } = "";

    [ConfigurationKeyName(TopicSetting)]
    [Description("The Kafka topic that holds the API definitions. It must have one partition and be compacted: a node creates it so "
        + "if it is missing, and does not start on any other.")]
    public string Topic { get; set; } = "rig-apis";
}
