using System.Buffers;
using Microsoft.AspNetCore.Http.Features;

namespace RigKafka.Http;

/// <summary>
/// Finds what the server takes although HTTP forbids it, before anything is asked of it: another server on the way could read such a
/// request as another one. It also makes one form of the target of all requests.
/// </summary>
internal static class StrictRequest
{
    private static readonly SearchValues<char> InNames =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>
    /// What belongs to a connection of HTTP/1 (RFC 9113, section 8.2.2); Connection and TE the server itself refuses over HTTP/2.
    /// </summary>
    private static readonly string[] OfHttp1 = ["Transfer-Encoding", "Keep-Alive", "Proxy-Connection", "Upgrade"];

    /// <summary>RFC 9110, section 5.6.2.</summary>
    public static bool IsName(string name) => name.Length > 0 && !name.AsSpan().ContainsAnyExcept(InNames);

    /// <summary>Says what is wrong, and which status that has; null when nothing is.</summary>
    public static (int Status, string Detail)? Fault(HttpContext context)
    {
        // A fragment is no part of a target (RFC 9112, section 3.2): some servers end the path there, and would serve another one than
        // was checked.
        if (context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Contains('#'))
        {
            return (StatusCodes.Status400BadRequest, "The target holds a fragment (#).");
        }

        if (!TryMakeOriginForm(context))
        {
            return (StatusCodes.Status400BadRequest, "The path holds a NUL.");
        }

        var (headers, isHttp1) = (context.Request.Headers, context.Request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal));
        foreach (var (name, _) in headers)
        {
            if (!IsName(name))
            {
                return (StatusCodes.Status400BadRequest, "A header has a name that is none.");
            }
        }

        if (!isHttp1)
        {
            return Array.Exists(OfHttp1, headers.ContainsKey)
                ? (StatusCodes.Status400BadRequest, "A header has no place in HTTP/2.")
                : null;
        }

        var codings = headers.TransferEncoding;
        if (codings.Count == 0
            || (context.Request.Protocol != HttpProtocol.Http10 && codings is [{ } only] && only.Trim().Equals("chunked", StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        // Nobody can tell where the body ends, and so where the next request begins (RFC 9112, section 6.1).
        context.Response.Headers.Connection = "close";
        return context.Request.Protocol == HttpProtocol.Http10
            ? (StatusCodes.Status400BadRequest, "HTTP/1.0 has no transfer codings.")
            : (StatusCodes.Status501NotImplemented, "The only transfer coding that is known is chunked.");
    }

    /// <summary>
    /// Makes an ordinary target of one that holds scheme and authority too (RFC 9112, section 3.2.2). The server decodes such a target
    /// twice, so that the path that was checked would not be the one that is sent; here both are made of the same bytes. False for a path
    /// that cannot be decoded; the server answers 400 to it where it stands alone.
    /// </summary>
    private static bool TryMakeOriginForm(HttpContext context)
    {
        var request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        var authority = request.RawTarget.StartsWith('/') ? -1 : request.RawTarget.IndexOf(Uri.SchemeDelimiter, StringComparison.Ordinal);
        if (authority < 0)
        {
            return true;
        }

        var rest = request.RawTarget.AsSpan(authority + Uri.SchemeDelimiter.Length);
        var path = rest.IndexOfAny('/', '?');
        var target = path < 0 ? "/" : rest[path] == '/' ? rest[path..].ToString() : $"/{rest[path..]}";
        var end = target.IndexOf('?') is var query and >= 0 ? query : target.Length;
        if (target.AsSpan(0, end).Contains("%00", StringComparison.Ordinal))
        {
            return false;
        }

        request.RawTarget = target;
        request.Path = PathString.FromUriComponent(target[..end]).Value!;
        request.QueryString = target[end..];
        return true;
    }
}
