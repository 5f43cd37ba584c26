namespace RigKafka.Http;

/// <summary>The files that the gateway's own pages are made of, which lie in the program.</summary>
internal static class EmbeddedPage
{
    /// <summary>What every page has, such as its colours.</summary>
    private const string Shared = "pages";

    /// <summary>All there are: what is asked for and is not there leaves nothing behind.</summary>
    private static readonly Dictionary<string, byte[]> Files =
        typeof(EmbeddedPage).Assembly.GetManifestResourceNames().ToDictionary(name => name, Read);

    /// <summary>Answers with a script or a style of a page; 404 if there is none of that name.</summary>
    public static Task Answer(HttpContext context, string page, string file) =>
        TypeOf(file) is { } type && (Read(page, file) ?? Read(Shared, file)) is { } content
            ? Answer(context, type, content)
            : context.AnswerError(StatusCodes.Status404NotFound);

    /// <summary>Answers with the content of a file.</summary>
    /// <param name="context">The request.</param>
    /// <param name="type">Its media type.</param>
    /// <param name="content">Its bytes, UTF-8.</param>
    /// <param name="calls">Whom the page may call beside this port: each with a space before it.</param>
    public static Task Answer(HttpContext context, string type, byte[] content, string calls = "")
    {
        var headers = context.Response.Headers;
        context.Response.ContentType = $"{type}; charset=utf-8";
        // It loads its own scripts and styles, and none stands in the page itself.
        headers.ContentSecurityPolicy = $"default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'{calls}; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        (headers.XContentTypeOptions, headers["Referrer-Policy"]) = ("nosniff", "no-referrer");
        return context.AnswerBare(StatusCodes.Status200OK, content);
    }

    /// <summary>A file of a page; null if there is none of that name.</summary>
    public static byte[]? Read(string page, string file) => Files.GetValueOrDefault($"{page}/{file}");

    private static byte[] Read(string name)
    {
        using var resource = typeof(EmbeddedPage).Assembly.GetManifestResourceStream(name)!;
        using var content = new MemoryStream();
        resource.CopyTo(content);
        return content.ToArray();
    }

    private static string? TypeOf(string file) => Path.GetExtension(file) switch
    {
        ".css" => "text/css",
        ".js" => "text/javascript",
        _ => null,
    };
}
