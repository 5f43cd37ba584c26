namespace RigKafka.Telemetry;

/// <summary>
/// What is said of a trace to the next one (W3C Trace Context): our own span where it is exported, else what the caller said, as it
/// came.
/// </summary>
internal static class TraceContext
{
    public const string Parent = "traceparent";
    public const string State = "tracestate";

    /// <summary>What a record of this request is told.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(HttpContext context)
    {
        var headers = context.Request.Headers;
        // More than one parent counts as no parent (W3C Trace Context, 3.2).
        var parent = headers.TraceParent is [{ } one] ? HeaderText.Read(one) : null;
        return RequestSpan.Of(context)?.Told ?? Of(parent, HeaderText.Read(headers.TraceState.ToString()));
    }

    /// <summary>A state without a parent says nothing (3.3).</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(string? parent, string? state) =>
        string.IsNullOrEmpty(parent) ? [] : string.IsNullOrEmpty(state) ? [new(Parent, parent)] : [new(Parent, parent), new(State, state)];
}
