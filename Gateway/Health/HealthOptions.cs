using System.ComponentModel;

namespace RigKafka.Health;

/// <summary>How the node speaks of its health.</summary>
internal sealed class HealthOptions
{
    [ConfigurationKeyName("HEALTH_DEGRADED_IS_UNREADY")]
    [Description("Whether /health/ready answers 503 while the log is out of reach. By default it stays 200 once it was ready, so that "
        + "a balancer does not turn an outage of Kafka into an outage of everything.")]
    public bool DegradedIsUnready { get; set; }
}
