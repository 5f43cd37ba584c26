using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using NUnit.Framework;
using RigKafka.Health;

namespace RigKafka.Tests.Health;

internal sealed class ReadinessTests
{
    [TestCase(HealthStatus.Healthy, false, true)]
    [TestCase(HealthStatus.Healthy, true, true)]
    [TestCase(HealthStatus.Degraded, false, true)]
    [TestCase(HealthStatus.Degraded, true, false)]
    [TestCase(HealthStatus.Unhealthy, false, false)]
    [TestCase(HealthStatus.Unhealthy, true, false)]
    public void IsNow_IsWhatTheWorstOfTheChecksAllows(HealthStatus worst, bool degradedIsUnready, bool expected)
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        var checks = new HealthCheckServiceOptions();
        checks.Registrations.Add(Check("well", HealthStatus.Healthy));
        checks.Registrations.Add(Check("worst", worst));

        var readiness = new Readiness(Options.Create(checks), new HealthOptions { DegradedIsUnready = degradedIsUnready }, services);

        Assert.That(readiness.IsNow(), Is.EqualTo(expected));
    }

    private static HealthCheckRegistration Check(string name, HealthStatus status) => new(name, _ => new Fixed(status), null, null);

    private sealed class Fixed(HealthStatus status) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(new HealthCheckResult(status));
    }
}
