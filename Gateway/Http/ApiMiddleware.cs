using Microsoft.AspNetCore.Connections;

namespace RigKafka.Http;

/// <summary>What every answer on the API port has: a request id, a word to caches, and a body where it is an error.</summary>
internal sealed partial class ApiMiddleware(RequestDelegate next, ILogger logger)
{
    public const string NotCached = "max-age=0, private, must-revalidate";

    public async Task Invoke(HttpContext context)
    {
        SetHeaders(context);
        if (HttpMethods.IsHead(context.Request.Method))
        {
            // Kestrel has seen HEAD and sends no body, whatever the method is called from here on.
            context.Request.Method = HttpMethods.Get;
        }

        try
        {
            await next(context);
        }
        catch (Exception failure) when (!context.Response.HasStarted)
        {
            context.Response.Clear();
            SetHeaders(context);
            context.Response.StatusCode = StatusOf(context, failure);
        }

        if (IsErrorWithoutBody(context.Response))
        {
            await context.AnswerError(context.Response.StatusCode);
        }
    }

    private static void SetHeaders(HttpContext context)
    {
        RequestId.Set(context);
        context.Response.Headers.CacheControl = NotCached;
    }

    private static bool IsErrorWithoutBody(HttpResponse response)
        => response.StatusCode >= StatusCodes.Status400BadRequest && !response.HasStarted
        && response.ContentLength is null && response.Headers.ContentType.Count == 0;

    private int StatusOf(HttpContext context, Exception failure)
    {
        switch (failure)
        {
            case BadHttpRequestException bad:
                return bad.StatusCode;
            case ConnectionResetException or ConnectionAbortedException:
            case OperationCanceledException { InnerException: ConnectionResetException or ConnectionAbortedException }:
            case OperationCanceledException when context.RequestAborted.IsCancellationRequested:
                // The client is gone: nobody reads an answer, and what is left of the request is not worth waiting for.
                context.Abort();
                return StatusCodes.Status400BadRequest;
            default:
                // The route as it was mapped: the path itself may hold a session's id.
                LogFailed(failure, context.Request.Method, (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText);
                return StatusCodes.Status500InternalServerError;
        }
    }

    [LoggerMessage(1400, LogLevel.Error, "{Method} {Route} failed.", EventName = "ApiRequestFailed")]
    private partial void LogFailed(Exception failure, string method, string? route);
}
