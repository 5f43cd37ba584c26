using System.Security.Authentication;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using RigKafka.Apis;
using RigKafka.Connections;
using RigKafka.Http;
using RigKafka.Telemetry;
using Yarp.ReverseProxy.Forwarder;

namespace RigKafka.Proxy;

/// <summary>Forwards a call to the service behind it, and answers for a service that cannot.</summary>
internal sealed partial class CallForwarder(
    IHttpForwarder forwarder, UpstreamClient upstreams, ProxyOptions options, OriginOptions origins, ConnectionOptions connections, DroppedHeaders dropped, Via via, OpenCalls calls, ProxyRefusals refusals,
    GatewayMetrics metrics, TimeProvider time, ILogger<CallForwarder> logger)
{
    private readonly BoundedLog _failures = new(time);

    public async Task Forward(HttpContext context, ApiRoute route, CallToken? token)
    {
        if (route.Address is not { } address)
        {
            Failed(route, FailureWords.NoAddress, null);
            await Cleared(context).AnswerError(StatusCodes.Status502BadGateway, "The service has no address.");
            return;
        }

        if (via.IsOn(context.Request))
        {
            Failed(route, FailureWords.Loop, null);
            await Cleared(context).AnswerError(StatusCodes.Status508LoopDetected, "The call came back to this node: the service of its API leads to the gateway.");
            return;
        }

        var upstream = upstreams.Upstream(address, route.Definition.Target!.IsHttp2);
        using var timer = new CallTimer(route.Endpoint.ResponseTimeout ?? options.ResponseTimeout, connections.EnforceExpiry ? token?.Identity.Expires : null, time);
        var body = Prepare(context, timer);
        calls.Add(timer, token?.Identity);
        try
        {
            timer.Start();
            var error = await forwarder.SendAsync(context, upstream.Address, upstream.Client, upstream.Config, new CallTransformer(route, options, dropped, via, timer, body is not null), timer.Token);
            if (error != ForwarderError.None && !IsAnsweredEarly(context, error, timer))
            {
                await Answer(context, route, timer.End, error, body);
            }
        }
        finally
        {
            calls.Remove(timer);
        }
    }

    /// <summary>Gives the body, if there is one.</summary>
    private WatchedBody? Prepare(HttpContext context, CallTimer timer)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
        {
            return null;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = options.BodyMaxBytes > 0 ? options.BodyMaxBytes : null;
        }

        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            // A client may have nothing to say for a while.
            rate.MinDataRate = null;
        }

        var body = new WatchedBody(context.Request.Body, timer);
        context.Request.Body = body;
        return body;
    }

    /// <summary>The service has answered, and did not want all of the body. Where the answer broke off as well, the library gives both failures together.</summary>
    private static bool IsAnsweredEarly(HttpContext context, ForwarderError error, CallTimer timer)
        => timer is { IsAnswered: true, End: CallEnd.None } && error is (ForwarderError.RequestBodyDestination or ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled)
        && context.Features.Get<IForwarderErrorFeature>()?.Exception is not AggregateException;

    private Task Answer(HttpContext context, ApiRoute route, CallEnd end, ForwarderError error, WatchedBody? body)
    {
        // Where the service broke off, it is the library that aborts the client's request, and the client did not go.
        var brokeOff = error is ForwarderError.ResponseBodyDestination or ForwarderError.UpgradeRequestDestination or ForwarderError.UpgradeResponseDestination
            || (error is ForwarderError.RequestBodyDestination && context.Response.HasStarted);
        if (context.RequestAborted.IsCancellationRequested && end == CallEnd.None && !brokeOff)
        {
            metrics.ProxyFailed(FailureWords.ClientGone);
            return Task.CompletedTask;
        }

        switch (end)
        {
            case CallEnd.TokenExpired or CallEnd.SessionEnded:
                metrics.ProxyFailed(end == CallEnd.TokenExpired ? FailureWords.TokenExpired : FailureWords.TokenBlacklisted);
                return context.Response.HasStarted ? Task.CompletedTask : refusals.NotLetIn(Cleared(context));
            case CallEnd.Stopping:
                return BreakOff(context, body);
            case CallEnd.TooSlow:
                Failed(route, FailureWords.UpstreamSlow, null);
                return context.Response.HasStarted ? Task.CompletedTask : Cleared(context).AnswerError(StatusCodes.Status504GatewayTimeout, "The service did not answer in time.");
        }

        var status = context.Response.StatusCode;
        var failure = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        if (failure is HttpRequestException { InnerException: NoConnectionLeftException } && !context.Response.HasStarted)
        {
            return refusals.NoConnectionLeft(Cleared(context));
        }

        Failed(route, status switch { _ when failure is HttpRequestException { InnerException: OwnApiException } => FailureWords.OwnApi, 504 => FailureWords.UpstreamSlow, >= 500 => FailureWords.UpstreamDown, _ when context.Response.HasStarted => FailureWords.BrokenOff, >= 400 => FailureWords.BadRequest, _ => FailureWords.UpstreamDown }, failure);
        return context.Response.HasStarted ? Task.CompletedTask : status switch
        {
            StatusCodes.Status504GatewayTimeout => Cleared(context).AnswerError(status, "The service could not be reached in time."),
            >= 400 and < 500 => Cleared(context).AnswerError(status),
            _ => Cleared(context).AnswerError(StatusCodes.Status502BadGateway, "The service could not be reached, or broke off."),
        };
    }

    private async Task BreakOff(HttpContext context, WatchedBody? body)
    {
        metrics.ProxyFailed(FailureWords.Shutdown);
        if (!context.Response.HasStarted)
        {
            await Cleared(context).AnswerUnavailable("This node stopped before the service answered.");
            await context.Response.CompleteAsync();
        }

        if (body is { IsRead: false } && context.Response.StatusCode != StatusCodes.Status101SwitchingProtocols)
        {
            // The server would wait for the rest of the request, and the host for the server.
            context.Features.Get<IConnectionLifetimeFeature>()?.Abort();
        }
    }

    /// <summary>The library may have begun an answer.</summary>
    private HttpContext Cleared(HttpContext context)
    {
        context.Response.Clear();
        RequestId.Set(context);
        context.Response.Headers.CacheControl = ApiMiddleware.NotCached;
        Cors.Allow(context, origins);
        return context;
    }

    private void Failed(ApiRoute route, string reason, Exception? failure)
    {
        metrics.ProxyFailed(reason);
        if (reason is not FailureWords.BadRequest && _failures.Admits(out var unlogged))
        {
            LogFailed(route.Endpoint.Method, route.Endpoint.Path.Text, route.Definition.Id, reason, Word(failure), unlogged);
        }
    }

    /// <summary>Not the text of an exception, which may quote what was sent; but what is wrong with a certificate is said in words of the framework alone.</summary>
    private static string Word(Exception? failure) => failure switch
    {
        null => "-",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError, InnerException: AuthenticationException tls } => $"{nameof(HttpRequestError.SecureConnectionError)}: {tls.Message}",
        HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } http => http.HttpRequestError.ToString(),
        AggregateException { InnerException: { } inner } => Word(inner),
        _ => failure.GetType().Name,
    };

    [LoggerMessage(1705, LogLevel.Warning, "{Method} {Path} of API {Api} failed: {Reason} ({Cause}). {Unlogged} more failed since the last such line.", EventName = "ProxyFailed")]
    private partial void LogFailed(string method, string path, string api, string reason, string cause, long unlogged);
}
