using System.ComponentModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RigKafka.Health;

/// <summary>How the node speaks of its health.</summary>
internal sealed class HealthOptions
{
    [ConfigurationKeyName("HEALTH_DEGRADED_IS_UNREADY")]
    [Description("Whether /health/ready answers 503 while the log is out of reach. By default it stays 200 once it was ready, so that "
        + "a balancer does not turn an outage of Kafka into an outage of everything.")]
    public bool DegradedIsUnready { get; set; }

    /// <summary>Whether a node in this state should be sent clients.</summary>
    public bool IsReady(HealthStatus status) => status == HealthStatus.Healthy || (status == HealthStatus.Degraded && !DegradedIsUnready);
}
