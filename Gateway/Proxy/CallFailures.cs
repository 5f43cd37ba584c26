using System.Security.Authentication;
using Microsoft.AspNetCore.Connections.Features;
using RigKafka.Http;
using RigKafka.Telemetry;
using Yarp.ReverseProxy.Forwarder;

namespace RigKafka.Proxy;

/// <summary>
/// Answers, counts and logs the calls that were let in and failed: the service could not answer, or the gateway ended the call.
/// </summary>
internal sealed partial class CallFailures(
    ProxyRefusals refusals, OriginOptions origins, GatewayMetrics metrics, TimeProvider time, ILogger<CallFailures> logger)
{
    private readonly BoundedLog _log = new(time);

    public Task NoAddress(Call call)
    {
        Note(call, Reasons.NoAddress, null);
        return Cleared(call.Context).AnswerError(StatusCodes.Status502BadGateway, "The service has no address.");
    }

    public Task Loop(Call call)
    {
        Note(call, Reasons.Loop, null);
        return Cleared(call.Context).AnswerError(
            StatusCodes.Status508LoopDetected,
            "The call came back to this node: the service of its API leads to the gateway.");
    }

    /// <summary>Answers a call that could not be forwarded to its end, as far as an answer is still possible.</summary>
    public Task Answer(Call call, ForwarderError error, CallTimer timer, CallBody? body)
    {
        var context = call.Context;
        var cause = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        if (IsAnsweredEarly(error, cause, timer))
        {
            return Task.CompletedTask;
        }

        switch (timer.End)
        {
            case CallEnd.None when IsClientGone(context, error):
                Count(context, Reasons.ClientGone);
                return Task.CompletedTask;
            case CallEnd.None:
                return AnswerForService(call, cause);
            case CallEnd.TooSlow:
                Note(call, Reasons.UpstreamSlow, null);
                return context.Response.HasStarted
                    ? Task.CompletedTask
                    : Cleared(context).AnswerError(StatusCodes.Status504GatewayTimeout, "The service did not answer in time.");
            case CallEnd.Stopping:
                return BreakOff(context, body);
            default:
                Count(context, timer.End == CallEnd.TokenExpired ? Reasons.TokenExpired : Reasons.TokenBlacklisted);
                return context.Response.HasStarted ? Task.CompletedTask : refusals.Unauthorized(Cleared(context));
        }
    }

    /// <summary>
    /// Whether the service has answered without taking all of the body. If the answer broke off as well, the library gives both failures
    /// together.
    /// </summary>
    private static bool IsAnsweredEarly(ForwarderError error, Exception? cause, CallTimer timer)
        => timer is { IsAnswered: true, End: CallEnd.None } && cause is not AggregateException
        && error is ForwarderError.RequestBodyDestination or ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled;

    /// <summary>Whether the client went away. If the service broke off, it is the library that aborted the client's request.</summary>
    private static bool IsClientGone(HttpContext context, ForwarderError error)
        => context.RequestAborted.IsCancellationRequested && error switch
        {
            ForwarderError.ResponseBodyDestination => false,
            ForwarderError.UpgradeRequestDestination or ForwarderError.UpgradeResponseDestination => false,
            ForwarderError.RequestBodyDestination => !context.Response.HasStarted,
            _ => true,
        };

    private Task AnswerForService(Call call, Exception? cause)
    {
        var response = call.Context.Response;
        if (cause is HttpRequestException { InnerException: NoConnectionLeftException } && !response.HasStarted)
        {
            CallSpan.Of(call.Context)?.Failed(ProxyRefusals.Reasons.NoConnection);
            return refusals.NoConnectionLeft(Cleared(call.Context));
        }

        Note(call, ReasonOf(response, cause), cause);
        return response.HasStarted ? Task.CompletedTask : response.StatusCode switch
        {
            StatusCodes.Status504GatewayTimeout
                => Cleared(call.Context).AnswerError(StatusCodes.Status504GatewayTimeout, "The service could not be reached in time."),
            >= 400 and < 500 and var status => Cleared(call.Context).AnswerError(status),
            _ => Cleared(call.Context).AnswerError(StatusCodes.Status502BadGateway, "The service could not be reached, or broke off."),
        };
    }

    private static string ReasonOf(HttpResponse response, Exception? cause) => response.StatusCode switch
    {
        _ when cause is HttpRequestException { InnerException: OwnApiException } => Reasons.OwnApi,
        StatusCodes.Status504GatewayTimeout => Reasons.UpstreamSlow,
        >= 500 => Reasons.UpstreamDown,
        _ when response.HasStarted => Reasons.BrokenOff,
        >= 400 => Reasons.BadRequest,
        _ => Reasons.UpstreamDown,
    };

    private async Task BreakOff(HttpContext context, CallBody? body)
    {
        Count(context, Reasons.Shutdown);
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

    /// <summary>Takes back what the library has already written to the answer.</summary>
    private HttpContext Cleared(HttpContext context)
    {
        context.Response.Clear();
        RequestId.Set(context);
        context.Response.Headers.CacheControl = ApiMiddleware.NotCached;
        Cors.Allow(context, origins);
        return context;
    }

    private void Count(HttpContext context, string reason)
    {
        metrics.ProxyFailed(reason);
        CallSpan.Of(context)?.Failed(reason);
    }

    private void Note(Call call, string reason, Exception? cause)
    {
        Count(call.Context, reason);
        if (reason is not Reasons.BadRequest && _log.Admits(out var unlogged))
        {
            var (endpoint, api) = (call.Route.Endpoint, call.Route.Definition);
            LogFailed(endpoint.Method, endpoint.Path.Text, api.Id, reason, Word(cause), unlogged);
        }
    }

    /// <summary>
    /// The kind of the exception. Its text may quote what was sent; only what is wrong with a certificate is said in words of the framework
    /// alone.
    /// </summary>
    private static string Word(Exception? cause) => cause switch
    {
        null => "-",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError, InnerException: AuthenticationException tls }
            => $"{nameof(HttpRequestError.SecureConnectionError)}: {tls.Message}",
        HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } http => http.HttpRequestError.ToString(),
        AggregateException { InnerException: { } inner } => Word(inner),
        _ => cause.GetType().Name,
    };

    [LoggerMessage(1705, LogLevel.Warning,
        "{Method} {Path} of API {Api} failed: {Reason} ({Cause}). {Unlogged} more failed since the last such line.",
        EventName = "ProxyFailed")]
    private partial void LogFailed(string method, string path, string api, string reason, string cause, long unlogged);

    /// <summary>The reasons of failed calls, as the metric and the log line have them.</summary>
    internal static class Reasons
    {
        public const string NoAddress = "no_address";
        public const string OwnApi = "own_api";
        public const string Loop = "loop";
        public const string UpstreamDown = "upstream_down";
        public const string UpstreamSlow = "upstream_slow";
        public const string BrokenOff = "broken_off";
        public const string BadRequest = "bad_request";
        public const string ClientGone = "client_gone";
        public const string TokenExpired = "token_expired";
        public const string TokenBlacklisted = "token_blacklisted";
        public const string Shutdown = "shutdown";

        public static IEnumerable<string> All =>
        [
            NoAddress, OwnApi, Loop, UpstreamDown, UpstreamSlow, BrokenOff, BadRequest, ClientGone,
            TokenExpired, TokenBlacklisted, Shutdown,
        ];
    }
}
