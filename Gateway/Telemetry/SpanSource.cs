using System.Diagnostics;
using System.Globalization;

namespace RigKafka.Telemetry;

/// <summary>Makes the gateway's own spans, by the conventions of OpenTelemetry. There are none unless they are exported.</summary>
internal static class SpanSource
{
    public const string Name = "RigKafka";

    private static readonly ActivitySource Source = new(Name);

    /// <summary>Whether spans are exported.</summary>
    public static bool IsOn => Source.HasListeners();

    /// <summary>
    /// Starts a span. It does not become the current one: what its thread does meanwhile, or leaves for later, is no part of it.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="kind">What it is to the one that it speaks with.</param>
    /// <param name="parent">The span that it is below.</param>
    /// <param name="tags">What is known at its start.</param>
    /// <param name="link">Another span that it belongs to.</param>
    /// <returns>Null where the sampler leaves it out.</returns>
    public static Activity? Start(
        string name, ActivityKind kind, ActivityContext parent, ActivityTagsCollection tags, ActivityContext? link = null)
    {
        var current = Activity.Current;
        var span = Source.StartActivity(kind, parent, tags, link is { } other ? [new ActivityLink(other)] : null, name: name);
        Activity.Current = current;
        if (span is { Recorded: false })
        {
            span.Dispose();
            return null;
        }

        return span;
    }

    /// <summary>Starts the span of a record in Kafka.</summary>
    public static Activity? StartRecord(
        string operation, ActivityKind kind, ActivityContext parent, string topic, ActivityContext? link = null) =>
        Start($"{operation} {topic}", kind, parent, link: link, tags: new()
        {
            ["messaging.system"] = "kafka",
            ["messaging.operation.name"] = operation,
            ["messaging.operation.type"] = operation,
            ["messaging.destination.name"] = topic,
        });

    /// <summary>Says where the record stands.</summary>
    public static void Place(this Activity span, int partition, long offset) => span
        .SetTag("messaging.destination.partition.id", partition.ToString(CultureInfo.InvariantCulture))
        .SetTag("messaging.kafka.offset", offset);

    /// <summary>Says that it failed, and how: a word from a small set.</summary>
    public static void Fail(this Activity span, string kind) => span.SetTag("error.type", kind).SetStatus(ActivityStatusCode.Error);
}
