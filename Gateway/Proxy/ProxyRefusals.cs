using RigKafka.Http;
using RigKafka.Telemetry;

namespace RigKafka.Proxy;

/// <summary>Answers and counts the calls that are refused, in the words of the original.</summary>
internal sealed partial class ProxyRefusals(OriginOptions origins, GatewayMetrics metrics, TimeProvider time, ILogger<ProxyRefusals> logger)
{
    private static readonly byte[] NoMethod = """{"message":"Method is not supported"}"""u8.ToArray();
    private static readonly byte[] NoToken = """{"message":"Missing or invalid token"}"""u8.ToArray();
    private static readonly byte[] TooMany = """{"message":"Too many requests."}"""u8.ToArray();

    private readonly BoundedLog _limited = new(time);
    private readonly BoundedLog _full = new(time);

    /// <param name="context">The request.</param>
    /// <param name="isDefined">
    /// Whether there is a route for the path with another method; then pages of other origins may read the answer.
    /// </param>
    public Task NoRoute(HttpContext context, bool isDefined = false)
        => Answer(context, Reasons.NoRoute, context.AnswerNoRoute, isDefined);

    public Task MethodNotSupported(HttpContext context)
        => Answer(context, Reasons.BadMethod, () => context.AnswerBare(StatusCodes.Status405MethodNotAllowed, NoMethod));

    public Task Unauthorized(HttpContext context)
    {
        BearerToken.Challenge(context.Response);
        return Answer(context, Reasons.Unauthorized, () => context.AnswerBare(StatusCodes.Status401Unauthorized, NoToken));
    }

    public Task TooManyRequests(HttpContext context, string target)
    {
        if (_limited.Admits(out var unlogged))
        {
            LogTooMany(context.Connection.RemoteIpAddress.ToText(), target, unlogged);
        }

        context.Response.SetRetryAfter();
        return Answer(context, Reasons.RateLimited, () => context.AnswerBare(StatusCodes.Status429TooManyRequests, TooMany));
    }

    public Task NotReady(HttpContext context)
        => Answer(context, Reasons.NotReady, () => context.AnswerUnavailable("This node is still reading what it has to know."));

    public Task NoConnectionLeft(HttpContext context)
    {
        if (_full.Admits(out var unlogged))
        {
            LogNoConnection(unlogged);
        }

        return Answer(
            context,
            Reasons.NoConnection,
            () => context.AnswerUnavailable("This node has as many connections to services as it may have."));
    }

    private Task Answer(HttpContext context, string reason, Func<Task> answer, bool isForPages = true)
    {
        if (isForPages)
        {
            Cors.Allow(context, origins);
        }

        metrics.ProxyRefused(reason);
        context.Response.Headers.CacheControl = ApiMiddleware.NotCached;
        return answer();
    }

    [LoggerMessage(1704, LogLevel.Warning,
        "Too many requests (429) from {Address} to {Target}. {Unlogged} more were refused since the last such line.",
        EventName = "RateLimited")]
    private partial void LogTooMany(string address, string target, long unlogged);

    [LoggerMessage(1790, LogLevel.Warning,
        "All connections to services (PROXY_MAX_TCP_CONNECTIONS) are in use: a proxied call was answered 503. "
        + "{Unlogged} more were since the last such line.",
        EventName = "NoConnectionLeft")]
    private partial void LogNoConnection(long unlogged);

    /// <summary>The reasons of refused calls, as the metric has them.</summary>
    internal static class Reasons
    {
        public const string NoRoute = "no_route";
        public const string BadMethod = "bad_method";
        public const string RateLimited = "rate_limited";
        public const string Unauthorized = "unauthorized";
        public const string NotReady = "not_ready";
        public const string NoConnection = "no_connection";

        public static IEnumerable<string> All => [NoRoute, BadMethod, RateLimited, Unauthorized, NotReady, NoConnection];
    }
}
