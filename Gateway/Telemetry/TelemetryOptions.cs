using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Telemetry;

/// <summary>What the node tells its operator.</summary>
internal sealed class TelemetryOptions
{
    [ConfigurationKeyName("LOG_LEVEL"), AllowedValues("debug", "info", "warn", "error")]
    [Description("The least grave log lines that are written.")]
    public string LogLevel { get; set; } = "info";

    [ConfigurationKeyName("OTEL_EXPORTER_OTLP_ENDPOINT")]
    [Description("Where metrics and traces are sent by OTLP, such as http://collector:4317; empty for nowhere. The other OTEL_ variables of the OpenTelemetry specification hold as well.")]
    public string OtlpEndpoint { get; set; } = "";

    /// <summary>The level in the terms of the logging library.</summary>
    public LogLevel Minimum => LogLevel switch
    {
        "debug" => Microsoft.Extensions.Logging.LogLevel.Debug,
        "warn" => Microsoft.Extensions.Logging.LogLevel.Warning,
        "error" => Microsoft.Extensions.Logging.LogLevel.Error,
        _ => Microsoft.Extensions.Logging.LogLevel.Information,
    };
}
