using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Channels;

/// <summary>What clients of the channel protocol may do.</summary>
internal sealed class ChannelOptions
{
    [ConfigurationKeyName("MAX_CHANNELS_PER_CONNECTION"), Range(1, 100_000)]
    [Description("How many channels one connection may have joined; one more is answered with the status error.")]
    public int MaxJoins { get; set; } = 100;

    [ConfigurationKeyName("CLIENT_MESSAGE_MAX_BYTES"), Range(1024, 16 * 1024 * 1024)]
    [Description("The largest message that a WebSocket or long-poll client may send, in bytes. A larger one closes its socket with "
        + "code 1009.")]
    public int MessageMaxBytes { get; set; } = 65_536;

    [ConfigurationKeyName("CLIENT_MESSAGE_TIMEOUT_MS"), Range(100, 3_600_000)]
    [Description("How long a WebSocket client may take for one message, from its first frame to its last byte, in milliseconds. A "
        + "slower one closes its socket with code 1008.")]
    public int MessageTimeoutMs { get; set; } = 30_000;

    [ConfigurationKeyName("CLIENT_MESSAGES_PER_SECOND"), Range(1, 1_000_000)]
    [Description("How many messages per second a WebSocket or long-poll client may send, pings included, after a burst of ten times as "
        + "many. One more closes its socket with code 1013. So do more than 131 bytes for each such message that belong to no finished "
        + "message, after a burst of ten times as many and CLIENT_MESSAGE_MAX_BYTES.")]
    public int MessagesPerSecond { get; set; } = 100;

    public TimeSpan MessageTimeout => TimeSpan.FromMilliseconds(MessageTimeoutMs);

    /// <summary>How many messages may come at once.</summary>
    public int MessageBurst => MessagesPerSecond * 10;
}
