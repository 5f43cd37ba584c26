using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using RigKafka.Apis;
using RigKafka.Http;
using RigKafka.Telemetry;
using Yarp.ReverseProxy.Forwarder;

namespace RigKafka.Proxy;

/// <summary>What a call changes on its way: as little as RFC 9110 (section 7.6.1) and its definition ask for.</summary>
internal sealed class CallTransformer(ApiRoute route, ProxyOptions options, DroppedHeaders dropped, Via via, CallTimer timer, bool hasBody) : HttpTransformer
{
    /// <summary>Where a request to a service carries the timer of its call.</summary>
    public static readonly HttpRequestOptionsKey<CallTimer> Timer = new("rig.timer");

    /// <summary>The framework would decode and encode again what is escaped in a path or query.</summary>
    private static readonly UriCreationOptions Untouched = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        var given = httpContext.Request.Headers;
        proxyRequest.RequestUri = Address(httpContext, destinationPrefix);
        RemoveNamed(given.Connection, name => proxyRequest.Headers.Remove(name));
        if (given.UpgradeInsecureRequests.Count > 0)
        {
            // Left out by the library, although it is for whoever makes the page.
            proxyRequest.Headers.TryAddWithoutValidation("Upgrade-Insecure-Requests", (IEnumerable<string?>)given.UpgradeInsecureRequests);
        }

        if (!options.KeepsHost || string.IsNullOrWhiteSpace(given.Host))
        {
            // The framework would write the service's own beside an empty one.
            proxyRequest.Headers.Remove("Host");
        }

        dropped.Remove(given, proxyRequest, route.Definition);
        if (RequestSpan.Of(httpContext) is { } span)
        {
            proxyRequest.Headers.Remove(TraceContext.State);
            foreach (var (name, value) in span.Told)
            {
                Set(proxyRequest, name, value);
            }
        }

        ForwardedHeaders.Write(httpContext, proxyRequest, options.SetsForwarded);
        foreach (var (name, value) in route.Endpoint.AddHeaders)
        {
            Set(proxyRequest, name, HeaderText.Write(value));
        }

        via.Add(httpContext.Request, proxyRequest);
        if (!hasBody)
        {
            proxyRequest.Options.Set(Timer, timer);
        }
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
        {
            return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        }

        timer.AnswerBegan();
        if (proxyResponse.Headers.NonValidated.Contains(RequestId.Header))
        {
            httpContext.Response.Headers.Remove(RequestId.Header);
        }

        var isCopied = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse.Headers.NonValidated.TryGetValues("Connection", out var named))
        {
            RemoveNamed(named.ToString(), name => httpContext.Response.Headers.Remove(name));
        }

        if (proxyResponse.StatusCode is not HttpStatusCode.SwitchingProtocols && !proxyResponse.Content.Headers.NonValidated.Contains("Content-Length"))
        {
            proxyResponse.Content = new StreamContent(new PromptAnswer(await proxyResponse.Content.ReadAsStreamAsync(cancellationToken), httpContext.Response));
        }

        return isCopied;
    }

    /// <summary>Called when the first header of a request is about to be written: the connection is there.</summary>
    public static void Sending(HttpRequestMessage request)
    {
        if (request.Options.TryGetValue(Timer, out var timer))
        {
            timer.RequestSent();
        }
    }

    private static Uri Address(HttpContext context, string address) => new(address + context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, Untouched);

    /// <summary>What <c>Connection</c> names holds for one connection only.</summary>
    private static void RemoveNamed(StringValues connection, Action<string> remove)
    {
        if (connection.Count == 0 || connection is [{ } only] && (only.Equals("keep-alive", StringComparison.OrdinalIgnoreCase) || only.Equals("close", StringComparison.OrdinalIgnoreCase)))
        {
            return;
        }

        foreach (var name in connection.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            if (StrictRequest.IsName(name) && !HeaderRules.IsNeeded(name))
            {
                remove(name);
            }
        }
    }

    private static void Set(HttpRequestMessage request, string name, string value)
    {
        if (name.Equals("Host", StringComparison.OrdinalIgnoreCase))
        {
            request.Headers.Remove("Host");
            request.Headers.TryAddWithoutValidation("Host", value);
            return;
        }

        if (request.Headers.NonValidated.Contains(name))
        {
            request.Headers.Remove(name);
        }

        if (!request.Headers.TryAddWithoutValidation(name, value) && request.Content is { } content)
        {
            content.Headers.Remove(name);
            content.Headers.TryAddWithoutValidation(name, value);
        }
    }
}
