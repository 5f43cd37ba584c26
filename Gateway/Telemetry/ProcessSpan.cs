using System.Diagnostics;

namespace RigKafka.Telemetry;

/// <summary>
/// The span of a record that this node has read: from the log until all who listen on this node have been given it to write, or have
/// written it.
/// </summary>
/// <remarks>
/// The span that wrote the record is linked, as the conventions want it, and is the parent too, as they allow where a span is about one
/// message: so a message, and what became of it on every node, is one tree in one trace. There is no other span that could be the parent.
/// </remarks>
internal sealed class ProcessSpan : IDisposable
{
    private readonly Activity _span;

    private ProcessSpan(Activity span) => _span = span;

    public static ProcessSpan? Start(RecordTrace trace, string topic, int partition, long offset)
    {
        if (SpanSource.StartRecord("process", ActivityKind.Consumer, trace.Sender, topic, link: trace.Sender) is not { } span)
        {
            return null;
        }

        span.Place(partition, offset);
        span.SetTag("rig.listeners", 0);
        return new ProcessSpan(span);
    }

    /// <summary>Says how many connections of this node the record is for.</summary>
    public void HeardBy(int listeners) => _span.SetTag("rig.listeners", listeners);

    public void Failed(string kind) => _span.Fail(kind);

    public void Dispose() => _span.Dispose();
}
