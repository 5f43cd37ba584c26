using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Sessions;

/// <summary>Where the blacklist is kept, and for how long one stays on it.</summary>
internal sealed class BlacklistOptions
{
    public const string TopicSetting = "KAFKA_BLACKLIST_TOPIC";

    [ConfigurationKeyName(TopicSetting)]
    [Description("The Kafka topic that holds the blacklist. It must have one partition and be compacted: a node creates it so if it is "
        + "missing, and does not start on any other.")]
    public string Topic { get; set; } = "rig-blacklist";

    [ConfigurationKeyName("JWT_BLACKLIST_DEFAULT_EXPIRY_HOURS")]
    [Description("How long a session or a user stays on the blacklist, in hours, unless the request says otherwise. It is longer if "
        + "one of their tokens expires later that is in use on this node, or listens to their own topic on another.")]
    [Range(1, 87_600)]
    public int DefaultExpiryHours { get; set; } = 1;
}
