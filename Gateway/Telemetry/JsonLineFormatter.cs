using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace RigKafka.Telemetry;

/// <summary>The framework's JSON, with the name of the event, which the framework leaves out.</summary>
internal sealed class JsonLineFormatter(IServiceProvider services) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "rig-json";

    /// <summary>Found when it is needed: this is one of the formatters, too.</summary>
    private readonly Lazy<ConsoleFormatter> _framework = new(
        () => services.GetServices<ConsoleFormatter>().Single(formatter => formatter.Name == ConsoleFormatterNames.Json));

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        using var line = new StringWriter();
        _framework.Value.Write(logEntry, scopeProvider, line);
        var json = line.ToString();
        if (logEntry.EventId.Name is { } name && json.StartsWith('{'))
        {
            textWriter.Write($"{{\"EventName\":\"{JsonEncodedText.Encode(name)}\",");
            json = json[1..];
        }

        textWriter.Write(json);
    }
}
