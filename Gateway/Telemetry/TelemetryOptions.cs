using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Telemetry;

/// <summary>What the node tells its operator.</summary>
internal sealed class TelemetryOptions
{
    [ConfigurationKeyName("LOG_LEVEL"), AllowedValues("debug", "info", "warn", "error")]
    [Description("The lowest level of log lines that are written. debug includes those of the web server.")]
    public string LogLevel { get; set; } = "info";

    /// <summary>The level in the terms of the logging library.</summary>
    public LogLevel Minimum => LogLevel switch
    {
        "debug" => Microsoft.Extensions.Logging.LogLevel.Debug,
        "warn" => Microsoft.Extensions.Logging.LogLevel.Warning,
        "error" => Microsoft.Extensions.Logging.LogLevel.Error,
        _ => Microsoft.Extensions.Logging.LogLevel.Information,
    };
}
