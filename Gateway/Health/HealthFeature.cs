using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RigKafka.Http;
using RigKafka.Settings;
using RigKafka.Telemetry;

namespace RigKafka.Health;

/// <summary>Whether the node is alive, and whether it should be sent clients.</summary>
internal static class HealthFeature
{
    public static void AddHealth(this WebApplicationBuilder builder, SettingsReader settings)
    {
        builder.Services.AddSingleton(settings.Read<HealthOptions>()).AddSingleton<Readiness>();
        // The framework would write an error for every probe that a stopping node answers; what is wrong, the log says itself, and once.
        builder.LogNothingOf("Microsoft.Extensions.Diagnostics.HealthChecks");
        builder.Services.AddHealthChecks().AddCheck<LogHealthCheck>("log");
    }

    /// <summary>On the external port: one word, and nothing of what lies behind.</summary>
    public static void MapHealth(this IEndpointRouteBuilder external) =>
        external.MapHealthChecks("/health", Options(external, WriteWord)).WithMetadata(ApiHostRule.AnyName, NotTraced.Mark);

    /// <summary>On the internal port: the same, whether the process is alive, and what is wrong.</summary>
    public static void MapHealthDetails(this IEndpointRouteBuilder api)
    {
        api.ServiceProvider.GetRequiredService<GatewayMetrics>().ObserveReady(api.ServiceProvider.GetRequiredService<Readiness>().IsNow);
        api.MapHealth();
        api.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteWord })
            .WithMetadata(ApiHostRule.AnyName, NotTraced.Mark);
        api.MapHealthChecks("/health/ready", Options(api, WriteDetails)).WithMetadata(ApiHostRule.AnyName, NotTraced.Mark);
    }

    private static HealthCheckOptions Options(IEndpointRouteBuilder routes, Func<HttpContext, HealthReport, Task> write)
    {
        var options = new HealthCheckOptions { ResponseWriter = write };
        if (!routes.ServiceProvider.GetRequiredService<HealthOptions>().IsReady(HealthStatus.Degraded))
        {
            options.ResultStatusCodes[HealthStatus.Degraded] = StatusCodes.Status503ServiceUnavailable;
        }

        return options;
    }

    private static Task WriteWord(HttpContext context, HealthReport report) =>
        context.Response.WriteAsync(report.Status == HealthStatus.Healthy ? "OK" : report.Status.Word());

    private static Task WriteDetails(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(new
    {
        status = report.Status.Word(),
        node = new
        {
            id = context.RequestServices.GetRequiredService<NodeId>().Value,
            name = context.RequestServices.GetRequiredService<NodeOptions>().Name,
            version = NodeOptions.Version,
        },
        checks = report.Entries.ToDictionary(
            entry => entry.Key,
            entry => new { status = entry.Value.Status.Word(), trouble = entry.Value.Description }),
    });
}
