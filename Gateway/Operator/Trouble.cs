using System.Text.Json;

namespace RigKafka.Operator;

/// <summary>Something that is wrong at a node, in words.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Text">What is wrong.</param>
/// <param name="Metric">The metric that says so, by its name in Prometheus.</param>
internal sealed record Trouble(string Severity, string Text, string Metric)
{
    /// <summary>Messages are late or missed, or nobody can come in.</summary>
    public const string Bad = "bad";

    /// <summary>Something that an operator should look at.</summary>
    public const string Warning = "warning";

    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("severity", Severity);
        json.WriteString("text", Text);
        json.WriteString("metric", Metric);
        json.WriteEndObject();
    }
}
