using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Proxy;

/// <summary>How many calls a service gets.</summary>
internal sealed class RateLimitOptions
{
    [ConfigurationKeyName("RATE_LIMIT_ENABLED")]
    [Description("Whether proxied calls are limited, each node counting for itself. What is over the limit is answered with 429.")]
    public bool Enabled { get; set; }

    [ConfigurationKeyName("RATE_LIMIT_PER_IP")]
    [Description("Whether every client address (of IPv6, every /64 network) has a limit of its own for each service, or all clients "
        + "share one.")]
    public bool PerIp { get; set; } = true;

    [ConfigurationKeyName("RATE_LIMIT_AVG_RATE_PER_SEC")]
    [Description("How many calls per second are let through on average.")]
    [Range(0, int.MaxValue)]
    public int AverageRate { get; set; } = 10_000;

    [ConfigurationKeyName("RATE_LIMIT_BURST_SIZE")]
    [Description("How many calls may come at once after a quiet time.")]
    [Range(1, int.MaxValue)]
    public int Burst { get; set; } = 5_000;
}
