using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using RigKafka.Messages;

namespace RigKafka.Log;

/// <summary>Settings of the log, with Kafka or without.</summary>
internal sealed class LogOptions
{
    [ConfigurationKeyName("KAFKA_ENABLED")]
    [Description("Whether messages go through Kafka. Without it they go through a log in the memory of this node: gone at a restart, "
        + "and not shared with another node.")]
    public bool KafkaEnabled { get; set; }

    [ConfigurationKeyName("PUBLISH_TIMEOUT_MS")]
    [Description("How long, in milliseconds, a message may take to be stored before its publisher is told that it was not, or that "
        + "nobody knows.")]
    [Range(100, 300_000)]
    public int PublishTimeoutMs { get; set; } = 5_000;

    [ConfigurationKeyName("EMBEDDED_LOG_MAX_BYTES")]
    [Description("How many bytes of messages the log in memory holds for a node that is behind, before publishers have to wait; one "
        + "message is always taken. Unused with Kafka.")]
    [Range(64 * 1024, int.MaxValue)]
    public int EmbeddedMaxBytes { get; set; } = 1024 * 1024;

    /// <summary>The largest message, in bytes of JSON: the setting of <see cref="MessageOptions"/>.</summary>
    public int MessageMaxBytes { get; set; } = new MessageOptions().MaxBytes;

    public TimeSpan PublishTimeout => TimeSpan.FromMilliseconds(PublishTimeoutMs);
}
