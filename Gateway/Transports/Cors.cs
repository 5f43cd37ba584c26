namespace RigKafka.Transports;

/// <summary>What a browser is told before it may read an answer (WHATWG Fetch, section 3.2), in the original's words.</summary>
internal static class Cors
{
    public static void Allow(HttpContext context, TransportOptions options)
    {
        var origin = context.Request.Headers.Origin.ToString();
        if (options.AnswerTo(origin) is not { Length: > 0 } answer)
        {
            return;
        }

        context.Response.Headers.AccessControlAllowOrigin = answer;
        if (answer == origin)
        {
            context.Response.Headers.Append("Vary", "Origin");
        }
    }

    public static Task AnswerPreflight(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowHeaders = string.Join(", ", context.Request.Headers.AccessControlRequestHeaders.AsEnumerable());
        headers.AccessControlAllowMethods = "get, post, options";
        headers.AccessControlMaxAge = "3600";
        return Task.CompletedTask;
    }
}
