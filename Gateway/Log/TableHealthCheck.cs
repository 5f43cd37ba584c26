using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RigKafka.Log;

/// <summary>Unhealthy until this node has read the table, degraded while the table is out of reach.</summary>
internal sealed class TableHealthCheck(ITable table) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(table.Health.ToResult($"starting: the table {table.Name} has not been read yet"));
}
