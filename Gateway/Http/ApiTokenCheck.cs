namespace RigKafka.Http;

/// <summary>Asks a client that calls <c>/v1</c> for a token, where there are any.</summary>
internal sealed class ApiTokenCheck(RequestDelegate next, ApiTokens tokens)
{
    private const string Prefix = "/v1";

    public Task Invoke(HttpContext context)
    {
        if (!tokens.Any || !IsGuarded(context) || (BearerToken.Of(context.Request.Headers.Authorization) is { } token && tokens.Has(token)))
        {
            return next(context);
        }

        BearerToken.Challenge(context.Response);
        return context.AnswerError(StatusCodes.Status401Unauthorized);
    }

    private static bool IsGuarded(HttpContext context) =>
        context.Request.Path.StartsWithSegments(Prefix)
        || (context.GetEndpoint() is RouteEndpoint endpoint
            && endpoint.RoutePattern.RawText?.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) == true);
}
