using Microsoft.AspNetCore.Http.Features;
using RigKafka.Apis;
using RigKafka.Http;
using RigKafka.RequestLog;
using RigKafka.Telemetry;

namespace RigKafka.Proxy;

/// <summary>Everything on the external port that is nobody else's: finds the route, asks for the limit and the token, and passes the call on.</summary>
internal sealed class ProxyEndpoint(ApiTable apis, SeedService seeds, RateLimits limits, CallAuth auth, RequestLogQueue log, CallForwarder forwarder, RecordEndpoint records, ProxyRefusals refusals)
{
    public async Task Handle(HttpContext context)
    {
        var request = context.Request;
        var path = request.Path.Value ?? "";
        var span = RequestSpan.Of(context);
        span?.Take("");
        if (PathTemplate.IsSocket(path))
        {
            await refusals.NoRouteFor(context);
            return;
        }

        if (!seeds.IsReady)
        {
            await refusals.NotReady(context);
            return;
        }

        var routes = apis.Routes;
        if (AmbiguousPath.Is(RawPath(context)))
        {
            await refusals.NoRouteFor(context);
            return;
        }

        if (Find(routes, request.Method, path) is not { } route)
        {
            await AnswerNoRoute(context, routes, path);
            return;
        }

        span?.Take(route.Endpoint.Path.Text);
        if (!limits.Admits(context, route.TargetName))
        {
            await refusals.TooManyRequests(context, route.TargetName);
            return;
        }

        if (route.IsSecured && !auth.IsOpen)
        {
            await refusals.NotReady(context);
            return;
        }

        var token = route.IsSecured ? await auth.Check(request, route.Definition.Auth!) : null;
        if (route.IsSecured && token is null)
        {
            await refusals.NotLetIn(context);
            return;
        }

        log.Note(context, route, token?.Identity);
        await (route.Endpoint.Record is { } record ? records.Handle(context, record, token) : forwarder.Forward(context, route, token));
    }

    private Task AnswerNoRoute(HttpContext context, RouteTable routes, string path)
    {
        var asked = context.Request.Headers.AccessControlRequestMethod.ToString();
        if (HttpMethods.IsOptions(context.Request.Method) && context.Request.Headers.Origin.Count > 0 && routes.Find(asked, path) is { Endpoint.Record: not null })
        {
            return records.AnswerPreflight(context, asked);
        }

        var isDefined = routes.Knows(path);
        return isDefined && !Verbs.Contains(context.Request.Method) ? refusals.MethodNotSupported(context) : refusals.NoRouteFor(context, isDefined);
    }

    /// <summary>Whoever may GET may ask what a GET would say (RFC 9110, section 9.3.2); the original made a GET of every HEAD.</summary>
    private static ApiRoute? Find(RouteTable routes, string method, string path) => routes.Find(method, path) ?? (HttpMethods.IsHead(method) ? routes.Find(HttpMethods.Get, path) : null);

    private static string RawPath(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var query = target.IndexOf('?');
        return query < 0 ? target : target[..query];
    }
}
