using System.Diagnostics.Tracing;
using System.Globalization;

namespace RigKafka.Telemetry;

/// <summary>
/// Says, once a minute at most, that metrics or spans do not reach the collector. The exporter itself tells it to its event source only.
/// </summary>
internal sealed partial class ExportTrouble(TimeProvider time, ILogger<ExportTrouble> logger) : EventListener, IHostedService
{
    private const string Exporter = "OpenTelemetry-Exporter-OpenTelemetryProtocol";

    private readonly BoundedLog _lines = new(time, TimeSpan.FromMinutes(1));

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Exporter)
        {
            EnableEvents(eventSource, EventLevel.Warning);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (_lines.Admits(out _))
        {
            LogNotExported(Text(eventData));
        }
    }

    /// <summary>What the exporter says, on one line: a stack is of no use here, and an address may hold a password.</summary>
    private static string Text(EventWrittenEventArgs told) => string.Format(
        CultureInfo.InvariantCulture, told.Message ?? told.EventName ?? "", [.. (told.Payload ?? []).Select(Plain)]);

    private static object? Plain(object? value) => value switch
    {
        string text when text.StartsWith("http", StringComparison.Ordinal) && Uri.TryCreate(text, UriKind.Absolute, out var address) => $"{address.Host}:{address.Port}",
        string text => text.Split('\n', 2)[0].Trim(),
        _ => value,
    };

    [LoggerMessage(2201, LogLevel.Warning, "Metrics or spans may not reach the collector (OTEL_EXPORTER_OTLP_ENDPOINT): {Told}", EventName = "NotExported")]
    private partial void LogNotExported(string told);
}
