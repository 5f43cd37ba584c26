using RigKafka.Http;
using RigKafka.Telemetry;

namespace RigKafka.Proxy;

/// <summary>The answers to calls that are not let through, in the words of the original.</summary>
internal sealed partial class ProxyRefusals(OriginOptions origins, GatewayMetrics metrics, TimeProvider time, ILogger<ProxyRefusals> logger)
{
    private const string RetryAfterSeconds = "1";

    private static readonly byte[] NoMethod = """{"message":"Method is not supported"}"""u8.ToArray();
    private static readonly byte[] NoToken = """{"message":"Missing or invalid token"}"""u8.ToArray();
    private static readonly byte[] TooMany = """{"message":"Too many requests."}"""u8.ToArray();

    private readonly BoundedLog _limited = new(time);
    private readonly BoundedLog _full = new(time);

    /// <param name="context">The request.</param>
    /// <param name="isDefined">Whether there is a route for the path with another method: pages may read that much.</param>
    public Task NoRouteFor(HttpContext context, bool isDefined = false) => Answer(context, RefusalWords.NoRoute, context.AnswerNoRoute, isDefined);

    public Task MethodNotSupported(HttpContext context) => Answer(context, RefusalWords.BadMethod, () => context.AnswerBare(StatusCodes.Status405MethodNotAllowed, NoMethod));

    public Task NotLetIn(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return Answer(context, RefusalWords.Unauthorized, () => context.AnswerBare(StatusCodes.Status401Unauthorized, NoToken));
    }

    public Task TooManyRequests(HttpContext context, string target)
    {
        if (_limited.Admits(out var unlogged))
        {
            LogTooMany(context.Connection.RemoteIpAddress.ToText(), target, unlogged);
        }

        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return Answer(context, RefusalWords.RateLimited, () => context.AnswerBare(StatusCodes.Status429TooManyRequests, TooMany));
    }

    public Task NotReady(HttpContext context) => Answer(context, RefusalWords.NotReady, () => context.AnswerUnavailable("This node is still reading what it has to know."));

    public Task NoConnectionLeft(HttpContext context)
    {
        if (_full.Admits(out var unlogged))
        {
            LogNoConnection(unlogged);
        }

        return Answer(context, RefusalWords.NoConnection, () => context.AnswerUnavailable("This node has as many connections to services as it may have."));
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

    [LoggerMessage(1704, LogLevel.Warning, "Too many requests (429) from {Address} to {Target}. {Unlogged} more were turned away since the last such line.", EventName = "RateLimited")]
    private partial void LogTooMany(string address, string target, long unlogged);

    [LoggerMessage(1790, LogLevel.Warning, "All connections to services (PROXY_MAX_TCP_CONNECTIONS) are in use: a proxied call was answered 503. {Unlogged} more were since the last such line.", EventName = "NoConnectionLeft")]
    private partial void LogNoConnection(long unlogged);
}
