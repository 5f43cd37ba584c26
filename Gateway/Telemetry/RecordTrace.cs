using System.Diagnostics;
using System.Text;

namespace RigKafka.Telemetry;

/// <summary>The trace that a record belongs to, where that is sampled (W3C Trace Context).</summary>
/// <param name="Sender">The span that wrote the record.</param>
internal sealed record RecordTrace(ActivityContext Sender)
{
    /// <summary>That of <c>00-TRACE-SPAN-FLAGS</c>.</summary>
    private const int ParentBytes = 55;

    /// <summary>What each must pass on; a longer state is left out.</summary>
    private const int MostStateBytes = 512;

    /// <summary>Whether a <c>traceparent</c> says that its trace is sampled. The rest of it may be wrong.</summary>
    public static bool IsSampled(ReadOnlySpan<byte> parent) =>
        parent.Length == ParentBytes && "13579bdf"u8.Contains(parent[^1]);

    /// <summary>Null where the trace is not sampled, or what is said of it cannot be read.</summary>
    /// <param name="parent">The record's <c>traceparent</c>.</param>
    /// <param name="state">Its <c>tracestate</c>; empty for none.</param>
    public static RecordTrace? Read(ReadOnlySpan<byte> parent, ReadOnlySpan<byte> state)
    {
        var said = state.Length is > 0 and <= MostStateBytes && Ascii.IsValid(state) ? Encoding.ASCII.GetString(state) : null;
        return IsSampled(parent) && ActivityContext.TryParse(Encoding.Latin1.GetString(parent), said, isRemote: true, out var sender)
            ? new RecordTrace(sender)
            : null;
    }
}
