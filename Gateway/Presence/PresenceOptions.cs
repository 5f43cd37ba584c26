using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Presence;

/// <summary>Whether it is kept who is online, where, and who is told.</summary>
internal sealed class PresenceOptions
{
    public const string TopicSetting = "KAFKA_PRESENCE_TOPIC";

    [ConfigurationKeyName("PRESENCE_ENABLED")]
    [Description("Whether every node knows who is online on all nodes, and clients and the API are told. It costs memory on every node and writes to Kafka for each client that comes and goes.")]
    public bool Enabled { get; set; } = true;

    [ConfigurationKeyName(TopicSetting)]
    [Description("The Kafka topic that holds who is online. It has one partition and is compacted; it is created so when it is missing, and a node does not start on one that is not.")]
    public string Topic { get; set; } = "rig-presence";

    [ConfigurationKeyName("PRESENCE_MAX_ENTRIES")]
    [Description("Up to how many entries a topic tells its listeners who is there; one with more sends neither presence_state nor presence_diff.")]
    [Range(0, 1_000)]
    public int MaxEntries { get; set; } = 100;

    [ConfigurationKeyName("SESSION_ROLE")]
    [Description("The role that GET /v1/users lists: those users who are online and have it.")]
    public string SessionRole { get; set; } = "user";
}
