using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using RigKafka.Settings;

namespace RigKafka.Telemetry;

/// <summary>Log lines on the console, metrics for Prometheus, and both metrics and traces by OTLP if asked for.</summary>
internal static class TelemetryFeature
{
    public static void AddTelemetry(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var options = settings.Read<TelemetryOptions>();
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.UseUtcTimestamp = true;
            console.IncludeScopes = false;
        });
        builder.Logging.SetMinimumLevel(options.Minimum);
        // The framework has a line for every request; a gateway's operator reads those from the metrics.
        builder.Logging.AddFilter("Microsoft", options.Minimum < LogLevel.Warning ? LogLevel.Warning : options.Minimum);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<GatewayMetrics>();
        var telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("rig-kafka"));
        var isExported = options.OtlpEndpoint.Length > 0;
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter(GatewayMetrics.MeterName).AddAspNetCoreInstrumentation().AddRuntimeInstrumentation().AddPrometheusExporter();
            if (isExported)
            {
                metrics.AddOtlpExporter();
            }
        });
        if (isExported)
        {
            telemetry.WithTracing(traces => traces
                .AddAspNetCoreInstrumentation(requests => requests.Filter = context => !context.Request.Path.StartsWithSegments("/socket", StringComparison.Ordinal))
                .AddOtlpExporter());
        }
    }

    public static void MapTelemetry(this IEndpointRouteBuilder api) => api.MapPrometheusScrapingEndpoint("/metrics");
}
