namespace RigKafka.Publishing;

/// <summary>The publisher's trace context (W3C Trace Context), taken over into the log as it came.</summary>
internal static class TraceHeaders
{
    private const string Parent = "traceparent";
    private const string State = "tracestate";

    public static IReadOnlyList<KeyValuePair<string, string>> Of(IHeaderDictionary headers)
    {
        // More than one parent is none, and a state without a parent says nothing (W3C Trace Context, 3.2 and 3.3).
        if (headers.TraceParent is not [{ Length: > 0 } parent])
        {
            return [];
        }

        return headers.TraceState.Count == 0
            ? [new(Parent, parent)]
            : [new(Parent, parent), new(State, headers.TraceState.ToString())];
    }
}
