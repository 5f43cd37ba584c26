using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Presence;

/// <summary>Settings of presence: whether nodes keep who is online, and whom they tell.</summary>
internal sealed class PresenceOptions
{
    public const string TopicSetting = "KAFKA_PRESENCE_TOPIC";

    [ConfigurationKeyName("PRESENCE_ENABLED")]
    [Description("Whether every node knows who is online on all nodes, and clients and the API are told. It costs memory on every node "
        + "and writes to Kafka for each client that comes and goes.")]
    public bool Enabled { get; set; } = true;

    [ConfigurationKeyName(TopicSetting)]
    [Description("The Kafka topic that holds who is online. It must have one partition and be compacted: a node creates it so if it is "
        + "missing, and does not start on any other.")]
    public string Topic { get; set; } = "rig-presence";

    [ConfigurationKeyName("PRESENCE_MAX_ENTRIES")]
    [Description("How many entries a topic may list and still tell its listeners who is there. One with more sends neither "
        + "presence_state nor presence_diff.")]
    [Range(0, 1_000)]
    public int MaxEntries { get; set; } = 100;

    [ConfigurationKeyName("SESSION_ROLE")]
    [Description("GET /v1/users lists the users who are online and have this role.")]
    public string SessionRole { get; set; } = "user";
}
