using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Telemetry;

/// <summary>What the node tells its operator.</summary>
internal sealed class TelemetryOptions : IValidatableObject
{
    private const string Json = "json";

    [ConfigurationKeyName("LOG_LEVEL")]
    [Description("The lowest level of log lines that are written: debug, info, warn or error. Categories of the log, as they stand in its "
        + "lines, may have others, as in info,RigKafka.Kafka=debug. debug for all includes the lines of the web server, "
        + "Microsoft.AspNetCore.Server.Kestrel. The request log has no level.")]
    public IReadOnlyList<string> LogLevel { get; set; } = ["info"];

    [ConfigurationKeyName("LOG_FORMAT"), AllowedValues("text", Json)]
    [Description("Whether a log line is text, or a JSON object with Timestamp (UTC), LogLevel, Category, EventId, EventName, Message and "
        + "State, the values in the message by name.")]
    public string LogFormat { get; set; } = "text";

    public bool IsJson => LogFormat == Json;

    /// <summary>The levels in the terms of the logging library.</summary>
    public LogLevels Levels => new(LogLevel);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Levels.Mistakes.Select(mistake => new ValidationResult(mistake));
}
