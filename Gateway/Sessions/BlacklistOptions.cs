using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Sessions;

/// <summary>Where the blacklist is kept, and for how long one stays on it.</summary>
internal sealed class BlacklistOptions
{
    public const string TopicSetting = "KAFKA_BLACKLIST_TOPIC";

    [ConfigurationKeyName(TopicSetting)]
    [Description("The Kafka topic that holds the blacklist. It has one partition and is compacted; it is created so when it is missing, and a node does not start on one that is not.")]
    public string Topic { get; set; } = "rig-blacklist";

    [ConfigurationKeyName("JWT_BLACKLIST_DEFAULT_EXPIRY_HOURS")]
    [Description("How long a session or a user stays on the blacklist, in hours, unless the request says otherwise; longer if a token of theirs lives longer that is in use on this node, or to listen to their own topic on another.")]
    [Range(1, 87_600)]
    public int DefaultExpiryHours { get; set; } = 1;
}
