using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Delivery;

/// <summary>How a node goes down.</summary>
internal sealed class ShutdownOptions
{
    [ConfigurationKeyName("SHUTDOWN_TIMEOUT_MS"), Range(0, 600_000)]
    [Description("How long a stopping node may take to deliver what it has accepted and to end its streams, in milliseconds; then it "
        + "breaks off what is left.")]
    public int ShutdownTimeoutMs { get; set; } = 10_000;

    /// <summary>When the host, and so the server, breaks off every connection: just after the streams had their time to end.</summary>
    public TimeSpan HostTimeout => TimeSpan.FromMilliseconds(ShutdownTimeoutMs + 500);
}
