using OpenTelemetry.Instrumentation.AspNetCore;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using RigKafka.Settings;

namespace RigKafka.Telemetry;

/// <summary>Log lines on the console, metrics for Prometheus, and both metrics and traces by OTLP if asked for.</summary>
internal static class TelemetryFeature
{
    private const string Server = "Microsoft.AspNetCore.Server.Kestrel";

    public static void AddTelemetry(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var (options, openTelemetry) = (settings.Read<TelemetryOptions>(), settings.Read<OpenTelemetryOptions>());
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
        if (options.Minimum < LogLevel.Information)
        {
            builder.Logging.AddFilter(Server, options.Minimum);
            // What cannot be read as a request may hold a token all the same.
            builder.Logging.AddFilter($"{Server}.BadRequests", LogLevel.Warning);
        }

        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(NewMetrics);
        foreach (var (name, word) in openTelemetry.Words.Where(one => !string.IsNullOrEmpty(builder.Configuration[one.Name])))
        {
            builder.Configuration[name] = word;
        }

        // The name of ours is what the variables do not say otherwise.
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("rig-kafka").AddEnvironmentVariableDetector());
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter(GatewayMetrics.MeterName).AddAspNetCoreInstrumentation().AddRuntimeInstrumentation().AddPrometheusExporter();
            if (openTelemetry.IsExported)
            {
                metrics.AddOtlpExporter();
            }
        });
        if (openTelemetry.IsExported)
        {
            telemetry.WithTracing(traces => traces.AddAspNetCoreInstrumentation(RequestSpan.Configure).AddOtlpExporter());
        }
    }

    /// <summary>
    /// Has a feature's counters exist from the start, with 0: an alert on an increase would miss the first event of one that appears with
    /// it.
    /// </summary>
    /// <param name="builder">The host.</param>
    /// <param name="count">States each fact that the feature counts, 0 times.</param>
    public static void CountFromZero(this WebApplicationBuilder builder, Action<GatewayMetrics> count) =>
        builder.Services.AddSingleton(count);

    /// <summary>Leaves the requests to paths below one out of the traces.</summary>
    public static void TraceNothingBelow(this WebApplicationBuilder builder, string path) =>
        builder.Services.Configure<AspNetCoreTraceInstrumentationOptions>(
            requests => requests.Filter = context => !context.Request.Path.StartsWithSegments(path, StringComparison.Ordinal));

    public static void MapTelemetry(this IEndpointRouteBuilder api) =>
        api.MapPrometheusScrapingEndpoint("/metrics").WithMetadata(NotTraced.Mark);

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
