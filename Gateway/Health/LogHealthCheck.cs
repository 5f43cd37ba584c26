using Microsoft.Extensions.Diagnostics.HealthChecks;
using RigKafka.Log;

namespace RigKafka.Health;

/// <summary>
/// Unhealthy until the node has its place in the log, and again once it is being stopped; degraded while the log is out of reach.
/// </summary>
internal sealed class LogHealthCheck(IMessageLog log, IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        lifetime.ApplicationStopping.IsCancellationRequested
            ? HealthCheckResult.Unhealthy("stopping")
            : log.Health.ToResult("starting: the log has not been reached yet"));
}
