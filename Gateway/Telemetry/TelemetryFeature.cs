using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Instrumentation.AspNetCore;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using RigKafka.Settings;

namespace RigKafka.Telemetry;

/// <summary>Log lines on the console, metrics for Prometheus, and both metrics and traces by OTLP if asked for.</summary>
internal static class TelemetryFeature
{
    /// <summary>UTC, with milliseconds.</summary>
    private const string Timestamps = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static void AddTelemetry(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var (id, node) = (NodeId.New(), settings.Read<NodeOptions>());
        builder.Services.AddSingleton(id).AddSingleton(node);
        var (options, openTelemetry) = (settings.Read<TelemetryOptions>(), settings.Read<OpenTelemetryOptions>());
        builder.AddConsole(options);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(NewMetrics).AddSingleton<LiveMetrics>();
        builder.Services.AddSingleton<LoadHistory>().AddHostedService(services => services.GetRequiredService<LoadHistory>());
        builder.Services.AddSingleton<RecentWarnings>();
        builder.Logging.Services.AddSingleton<ILoggerProvider>(services => services.GetRequiredService<RecentWarnings>());
        foreach (var (name, word) in openTelemetry.Words.Where(one => !string.IsNullOrEmpty(builder.Configuration[one.Name])))
        {
            builder.Configuration[name] = word;
        }

        // Ours is what the variables do not say otherwise. The conventions have no attribute for a name that need not be unique.
        var telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource
            .AddService("rig-kafka", serviceVersion: NodeOptions.Version, serviceInstanceId: id.Value)
            .AddAttributes([new("rig.node.name", node.Name)])
            .AddEnvironmentVariableDetector());
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
            builder.Services.AddHostedService<ExportTrouble>();
            telemetry.WithTracing(traces => traces
                .AddAspNetCoreInstrumentation(RequestSpan.Configure).AddSource(SpanSource.Name).AddOtlpExporter());
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

    /// <summary>Leaves a category of a library out of the log, and out of what is kept of it.</summary>
    public static void LogNothingOf(this WebApplicationBuilder builder, string category) =>
        builder.Logging.AddFilter(category, LogLevel.None).AddFilter<RecentWarnings>(category, LogLevel.None);

    public static void MapTelemetry(this IEndpointRouteBuilder api) =>
        api.MapPrometheusScrapingEndpoint("/metrics").WithMetadata(NotTraced.Mark);

    private static void AddConsole(this WebApplicationBuilder builder, TelemetryOptions options)
    {
        builder.Logging.ClearProviders();
        if (options.IsJson)
        {
            builder.Logging.AddConsole(console => console.FormatterName = JsonLineFormatter.FormatterName);
            builder.Services.AddSingleton<ConsoleFormatter, JsonLineFormatter>();
            builder.Services.Configure<JsonConsoleFormatterOptions>(json => (json.TimestampFormat, json.UseUtcTimestamp) = (Timestamps, true));
        }
        else
        {
            builder.Logging.AddSimpleConsole(text =>
                (text.SingleLine, text.TimestampFormat, text.UseUtcTimestamp) = (true, Timestamps + ' ', true));
        }

        AddLevels(builder.Logging, options.Levels);
        // What is kept for the operator's page is none of LOG_LEVEL's business.
        builder.Logging.AddFilter<RecentWarnings>(null, LogLevel.Warning);
        // The framework has a line for every request; a gateway's operator reads those from the metrics.
        builder.LogNothingOf("Microsoft.AspNetCore.Hosting.Diagnostics");
    }

    private static void AddLevels(ILoggingBuilder logging, LogLevels levels)
    {
        var least = levels.Minimum < LogLevel.Warning ? LogLevel.Warning : levels.Minimum;
        logging.SetMinimumLevel(levels.Minimum);
        logging.AddFilter("Microsoft", least);
        if (levels.Minimum < LogLevel.Information)
        {
            logging.AddFilter(LogLevels.Server, levels.Minimum);
        }

        foreach (var (category, level) in levels.ByCategory)
        {
            logging.AddFilter(category, level);
        }

        // What cannot be read as a request may hold a token all the same. Of two filters for a category the last one counts.
        logging.AddFilter($"{LogLevels.Server}.BadRequests", least);
    }

    private static GatewayMetrics NewMetrics(IServiceProvider services)
    {
        // What is counted before somebody adds it up is lost.
        services.GetRequiredService<MeterProvider>();
        services.GetRequiredService<LiveMetrics>();
        var metrics = ActivatorUtilities.CreateInstance<GatewayMetrics>(services);
        metrics.ObserveBuild(NodeOptions.Version, RuntimeInformation.FrameworkDescription);
        foreach (var count in services.GetServices<Action<GatewayMetrics>>())
        {
            count(metrics);
        }

        return metrics;
    }
}
