using System.Diagnostics;
using OpenTelemetry.Instrumentation.AspNetCore;

namespace RigKafka.Telemetry;

/// <summary>
/// The span of a request, and what is said of its trace to the next one (W3C Trace Context). A request has a span only where it is
/// exported, so that nobody is told of a parent that is nowhere to be found.
/// </summary>
internal sealed class RequestSpan
{
    public const string Parent = "traceparent";
    public const string State = "tracestate";

    private const string UserAgent = "user_agent.original";
    private const string RouteTag = "http.route";
    private const string MethodTag = "http.request.method";

    /// <summary>The tag of a method that is not a known one: a client may send any.</summary>
    private const string OtherMethod = "_OTHER";

    private readonly Activity _activity;
    private string? _route;

    private RequestSpan(Activity activity) => _activity = activity;

    /// <summary>What the next one is told: this span, and what the caller's tracing system said beside its own.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Told => Headers(_activity.Id, _activity.TraceStateString);

    public static RequestSpan? Of(HttpContext context) => context.Features.Get<RequestSpan>();

    /// <summary>What a record of a request is told: its own span where it has one, else what the caller said, as it came.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> ToldBy(HttpContext context)
    {
        if (Of(context) is { } span)
        {
            return span.Told;
        }

        // More than one parent counts as no parent (W3C Trace Context, 3.2).
        var headers = context.Request.Headers;
        return headers.TraceParent is [{ } parent] ? Headers(HeaderText.Read(parent), HeaderText.Read(headers.TraceState.ToString())) : [];
    }

    /// <summary>Names it by the route that the request took, where the server does not know it; empty where it took no route.</summary>
    public void Take(string route) => _route = route;

    /// <summary>Says what is traced, and under which name.</summary>
    public static void Configure(AspNetCoreTraceInstrumentationOptions requests)
    {
        requests.EnrichWithHttpRequest = (activity, request) =>
        {
            if (activity.Recorded)
            {
                request.HttpContext.Features.Set(new RequestSpan(activity));
            }
        };
        requests.EnrichWithHttpResponse = (activity, response) => End(activity, response.HttpContext);
    }

    /// <summary>A state without a parent says nothing (3.3).</summary>
    private static IReadOnlyList<KeyValuePair<string, string>> Headers(string? parent, string? state) =>
        string.IsNullOrEmpty(parent) ? [] : string.IsNullOrEmpty(state) ? [new(Parent, parent)] : [new(Parent, parent), new(State, state)];

    private static void End(Activity activity, HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<NotTraced>() is not null)
        {
            activity.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }

        if (Of(context)?._route is { } route)
        {
            var method = activity.GetTagItem(MethodTag) is string known and not OtherMethod ? known : "HTTP";
            activity.DisplayName = route.Length > 0 ? $"{method} {route}" : method;
            activity.SetTag(RouteTag, route.Length > 0 ? route : null);
        }

        if (activity.GetTagItem(UserAgent) is string userAgent)
        {
            activity.SetTag(UserAgent, HeaderText.Read(userAgent));
        }
    }
}

/// <summary>The mark of an endpoint that is asked all the time by machines that watch the node: its requests are in no trace.</summary>
internal sealed record NotTraced
{
    public static readonly NotTraced Mark = new();

    private NotTraced()
    {
    }
}
