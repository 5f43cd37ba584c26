using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Log;

/// <summary>Settings of the log, whichever of the two it is.</summary>
internal sealed class LogOptions : IValidatableObject
{
    [ConfigurationKeyName("KAFKA_ENABLED")]
    [Description("Whether messages go through Kafka. Without it they go through a log in the memory of this node: gone at a restart, and not shared with another node.")]
    public bool KafkaEnabled { get; set; }

    [ConfigurationKeyName("PUBLISH_TIMEOUT_MS")]
    [Description("How long, in milliseconds, a message may take to be stored before its publisher is told that it was not, or that nobody knows.")]
    [Range(100, 300_000)]
    public int PublishTimeoutMs { get; set; } = 5_000;

    [ConfigurationKeyName("MESSAGE_MAX_BYTES")]
    [Description("The largest message, in bytes of JSON. With Kafka, max.message.bytes of the publish topic has to leave room for it and 64 KiB more.")]
    [Range(1_024, 32 * 1024 * 1024)]
    public int MessageMaxBytes { get; set; } = 900 * 1024;

    [ConfigurationKeyName("EMBEDDED_LOG_MAX_BYTES")]
    [Description("How many bytes of messages the log in memory holds for a node that is behind, before publishers have to wait. Unused with Kafka.")]
    [Range(64 * 1024, int.MaxValue)]
    public int EmbeddedMaxBytes { get; set; } = 64 * 1024 * 1024;

    public TimeSpan PublishTimeout => TimeSpan.FromMilliseconds(PublishTimeoutMs);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (EmbeddedMaxBytes < MessageMaxBytes)
        {
            yield return new ValidationResult($"EMBEDDED_LOG_MAX_BYTES={EmbeddedMaxBytes}: expected at least MESSAGE_MAX_BYTES, which is {MessageMaxBytes}.");
        }
    }
}
