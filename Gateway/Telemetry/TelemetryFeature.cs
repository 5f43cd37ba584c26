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
        builder.Services.AddSingleton(NewMetrics);
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

    /// <summary>Has a feature's counters exist from the start, with 0: an alert on an increase would miss the first event of one that appears with it.</summary>
    /// <param name="builder">The host.</param>
    /// <param name="count">States each fact that the feature counts, 0 times.</param>
    public static void CountFromZero(this WebApplicationBuilder builder, Action<GatewayMetrics> count) => builder.Services.AddSingleton(count);

    public static void MapTelemetry(this IEndpointRouteBuilder api) => api.MapPrometheusScrapingEndpoint("/metrics");

    private static GatewayMetrics NewMetrics(IServiceProvider services)
    {
        // What is counted before somebody adds it up is lost.
        services.GetRequiredService<MeterProvider>();
        var metrics = ActivatorUtilities.CreateInstance<GatewayMetrics>(services);
        foreach (var count in services.GetServices<Action<GatewayMetrics>>())
        {
            count(metrics);
        }

        return metrics;
    }
}
