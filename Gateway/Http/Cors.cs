namespace RigKafka.Http;

/// <summary>What a browser is told before it may read an answer (WHATWG Fetch, section 3.2), in the original's words.</summary>
internal static class Cors
{
    public static void Allow(HttpContext context, OriginOptions options)
    {
        var origin = context.Request.Headers.Origin.ToString();
        if (context.Response.Headers.AccessControlAllowOrigin.Count > 0 || options.AnswerTo(origin) is not { Length: > 0 } answer)
        {
            return;
        }

        context.Response.Headers.AccessControlAllowOrigin = answer;
        if (answer == origin)
        {
            context.Response.Headers.Append("Vary", "Origin");
        }
    }

    /// <param name="context">The request.</param>
    /// <param name="methods">Those that may follow.</param>
    public static Task AnswerPreflight(HttpContext context, string methods = "get, post, options")
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowHeaders = string.Join(", ", context.Request.Headers.AccessControlRequestHeaders.AsEnumerable());
        headers.AccessControlAllowMethods = methods;
        headers.AccessControlMaxAge = "3600";
        return Task.CompletedTask;
    }
}
