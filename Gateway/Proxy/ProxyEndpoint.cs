using Microsoft.AspNetCore.Http.Features;
using RigKafka.Apis;
using RigKafka.Http;
using RigKafka.Telemetry;

namespace RigKafka.Proxy;

/// <summary>
/// Takes every request on the external port that nothing else takes: finds its route, and passes on a call that is let in.
/// </summary>
internal sealed class ProxyEndpoint(
    ApiTable apis, CallAdmission admission, CallForwarder forwarder, KafkaForwarder kafka, ProxyRefusals refusals)
{
    public async Task Handle(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        var span = RequestSpan.Of(context);
        span?.Take("");
        if (PathTemplate.IsSocket(path))
        {
            await refusals.NoRoute(context);
            return;
        }

        if (!apis.IsReady)
        {
            await refusals.NotReady(context);
            return;
        }

        if (AmbiguousPath.Is(RawPath(context)))
        {
            await refusals.NoRoute(context);
            return;
        }

        var routes = apis.Routes;
        if (routes.Route(context.Request.Method, path) is not { } route)
        {
            await AnswerNoRoute(context, routes, path);
            return;
        }

        span?.Take(route.Endpoint.Path.Text);
        if (await admission.Admit(context, route) is { } call)
        {
            await (route.Endpoint.Kafka is { } target ? kafka.Forward(call, target) : forwarder.Forward(call));
        }
    }

    private Task AnswerNoRoute(HttpContext context, RouteTable routes, string path)
    {
        var request = context.Request;
        var asked = request.Headers.AccessControlRequestMethod.ToString();
        var isPreflight = HttpMethods.IsOptions(request.Method) && request.Headers.Origin.Count > 0;
        if (isPreflight && routes.Find(asked, path) is { Endpoint.Kafka: not null })
        {
            return kafka.AnswerPreflight(context, asked);
        }

        var isDefined = routes.MethodsOf(path).Any();
        return isDefined && !EndpointDefinition.IsMethod(request.Method)
            ? refusals.MethodNotSupported(context)
            : refusals.NoRoute(context, isDefined);
    }

    private static string RawPath(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var query = target.IndexOf('?');
        return query < 0 ? target : target[..query];
    }
}
