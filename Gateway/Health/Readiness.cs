using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace RigKafka.Health;

/// <summary>Whether the node is ready, as the health page says, for the metrics, which cannot wait: each check has its answer at once.</summary>
internal sealed class Readiness(IOptions<HealthCheckServiceOptions> checks, HealthOptions options, IServiceProvider services)
{
    public bool IsNow() => checks.Value.Registrations.All(check => options.IsReady(StatusOf(check)));

    private HealthStatus StatusOf(HealthCheckRegistration check) =>
        check.Factory(services).CheckHealthAsync(new HealthCheckContext { Registration = check }).GetAwaiter().GetResult().Status;
}
