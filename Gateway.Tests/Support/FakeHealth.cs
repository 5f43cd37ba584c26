using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RigKafka.Tests.Support;

/// <summary>The health of a node, as the test says: all is well without checks.</summary>
internal sealed class FakeHealth(params (string Name, HealthStatus Status, string? Trouble)[] checks) : HealthCheckService
{
    public override Task<HealthReport> CheckHealthAsync(Func<HealthCheckRegistration, bool>? predicate, CancellationToken cancellationToken = default) =>
        Task.FromResult(new HealthReport(
            checks.ToDictionary(check => check.Name, check => new HealthReportEntry(check.Status, check.Trouble, TimeSpan.Zero, null, null)), TimeSpan.Zero));
}
