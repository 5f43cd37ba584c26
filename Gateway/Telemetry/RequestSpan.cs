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

    /// <summary>The method; it is <see cref="OtherMethod"/> where it is not a known one, since a client may send any.</summary>
    public const string MethodTag = "http.request.method";

    private const string OtherMethod = "_OTHER";
    private const string RouteTag = "http.route";
    private const string PathTag = "url.path";
    private const string UserAgent = "user_agent.original";

    private readonly Activity _activity;

    private RequestSpan(Activity activity) => _activity = activity;

    public ActivityContext Context => _activity.Context;

    public string Method => _activity.GetTagItem(MethodTag) as string ?? OtherMethod;

    /// <summary>The route that the request took, where the server does not know it; empty where it took no route.</summary>
    public string? Route { get; private set; }

    /// <summary>What the span is called, and that of the call to a service below it.</summary>
    public string Name
    {
        get
        {
            var method = Method is OtherMethod ? "HTTP" : Method;
            return Route is { Length: > 0 } ? $"{method} {Route}" : method;
        }
    }

    public static RequestSpan? Of(HttpContext context) => context.Features.Get<RequestSpan>();

    /// <summary>What a record of a request is told: its own span where it has one, else what the caller said, as it came.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> ToldBy(HttpContext context)
    {
        if (Of(context) is { _activity: var activity })
        {
            return Headers(activity.Id, activity.TraceStateString);
        }

        // More than one parent counts as no parent (W3C Trace Context, 3.2).
        var headers = context.Request.Headers;
        return headers.TraceParent is [{ } parent] ? Headers(HeaderText.Read(parent), HeaderText.Read(headers.TraceState.ToString())) : [];
    }

    /// <summary>Names it by the route that the request took, where the server does not know it; empty where it took no route.</summary>
    public void Take(string route) => Route = route;

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

    /// <summary>What names a span as the parent. A state without a parent says nothing (3.3).</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Headers(string? parent, string? state) =>
        string.IsNullOrEmpty(parent) ? [] : string.IsNullOrEmpty(state) ? [new(Parent, parent)] : [new(Parent, parent), new(State, state)];

    private static void End(Activity activity, HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<NotTraced>() is { } mark && mark.Holds(isAsked: activity.ParentId is not null))
        {
            activity.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }

        if (Of(context) is { Route: { } route } request)
        {
            activity.DisplayName = request.Name;
            activity.SetTag(RouteTag, route.Length > 0 ? route : null);
        }
        else
        {
            // The paths of the API hold names of users and ids of sessions.
            activity.SetTag(PathTag, (endpoint as RouteEndpoint)?.RoutePattern.RawText);
        }

        if (activity.GetTagItem(UserAgent) is string userAgent)
        {
            activity.SetTag(UserAgent, HeaderText.Read(userAgent));
        }
    }
}

/// <summary>The mark of an endpoint that is asked all the time by those who watch the node: its requests are in no trace.</summary>
internal sealed record NotTraced
{
    public static readonly NotTraced Mark = new();

    /// <summary>The same, but a caller who names a trace gets a span in it.</summary>
    public static readonly NotTraced UnlessAsked = new() { IsUnlessAsked = true };

    private NotTraced()
    {
    }

    private bool IsUnlessAsked { get; init; }

    /// <summary>Whether a request is in no trace.</summary>
    /// <param name="isAsked">Whether its caller names one.</param>
    public bool Holds(bool isAsked) => !(IsUnlessAsked && isAsked);
}
