using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using RigKafka.Log;

namespace RigKafka.Auth;

/// <summary>Where the blacklist is kept, and for how long one stays on it.</summary>
internal sealed class BlacklistOptions : IValidatableObject
{
    [ConfigurationKeyName("KAFKA_BLACKLIST_TOPIC")]
    [Description("The Kafka topic that holds the blacklist. It has one partition and is compacted; it is created so when it is missing, and a node does not start on one that is not.")]
    public string Topic { get; set; } = "rig-blacklist";

    [ConfigurationKeyName("JWT_BLACKLIST_DEFAULT_EXPIRY_HOURS")]
    [Description("How long a session or a user stays on the blacklist, in hours, unless the request says so; longer if a connection of theirs on this node has a token that lives longer.")]
    [Range(1, 87_600)]
    public int DefaultExpiryHours { get; set; } = 1;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!KafkaOptions.IsTopicName(Topic))
        {
            yield return new ValidationResult($"KAFKA_BLACKLIST_TOPIC={Topic}: {KafkaOptions.ExpectedTopicName}.");
        }
    }
}
