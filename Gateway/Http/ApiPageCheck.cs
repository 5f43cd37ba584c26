namespace RigKafka.Http;

/// <summary>
/// Turns away what a web page of somebody else asks of the API, whose port a browser inside may well reach. What is no browser says
/// nothing of pages and is served.
/// </summary>
internal sealed class ApiPageCheck(RequestDelegate next, ApiPageOptions options)
{
    private const string FetchSite = "Sec-Fetch-Site";
    private const string FetchMode = "Sec-Fetch-Mode";
    private const string FetchDestination = "Sec-Fetch-Dest";
    private const string WrongName =
        $"Misdirected: the API is not called by this name. {ApiPageOptions.HostsSetting} says by which others it may be.";
    private const string ForeignPage =
        $"Forbidden: a web page of another origin may not call the API. {ApiPageOptions.OriginsSetting} says which may.";

    private readonly ApiHosts _hosts = new(options);

    public Task Invoke(HttpContext context)
    {
        if (!_hosts.Take(context))
        {
            return context.AnswerError(StatusCodes.Status421MisdirectedRequest, WrongName);
        }

        return IsForeign(context.Request) && !OpensATab(context.Request)
            ? context.AnswerError(StatusCodes.Status403Forbidden, ForeignPage)
            : next(context);
    }

    private bool IsForeign(HttpRequest request)
    {
        if (request.Headers.Origin is { Count: > 0 } origin)
        {
            return origin is not [{ } only]
                || !(options.AllowedOrigins.Contains(only, StringComparer.OrdinalIgnoreCase) || WebOrigin.IsOf(request.Host.Value ?? "", only));
        }

        return request.Headers[FetchSite] is { Count: > 0 } site && site is not ["same-origin" or "none"];
    }

    /// <summary>
    /// A link, say to the demo: the page that it is on reads nothing of it, and nothing is done. A frame is no tab. HEAD has become GET
    /// by now.
    /// </summary>
    private static bool OpensATab(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && request.Headers[FetchMode] is ["navigate"] && request.Headers[FetchDestination] is [] or ["document"];
}
