using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RigKafka.Telemetry;

/// <summary>How a node is, in the words of the health page.</summary>
internal static class NodeState
{
    public static string Word(this HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "ready",
        HealthStatus.Degraded => "degraded",
        _ => "unready",
    };

    /// <summary>What is wrong, in one line: of several the first of the worst; null where nothing is.</summary>
    public static string? Trouble(this HealthReport report) => report.Status == HealthStatus.Healthy
        ? null
        : report.Entries.Values.First(check => check.Status == report.Status).Description;
}
