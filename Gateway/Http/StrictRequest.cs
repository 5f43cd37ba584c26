using System.Buffers;
using Microsoft.AspNetCore.Http.Features;

namespace RigKafka.Http;

/// <summary>
/// Finds what the server takes although HTTP forbids it, before anything is asked of it: another server on the way could read such a request
/// as another one. It also makes one form of the target of all requests.
/// </summary>
internal static class StrictRequest
{
    private static readonly SearchValues<char> InNames = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>What belongs to a connection of HTTP/1 (RFC 9113, section 8.2.2); Connection and TE the server itself refuses over HTTP/2.</summary>
    private static readonly string[] OfHttp1 = ["Transfer-Encoding", "Keep-Alive", "Proxy-Connection", "Upgrade"];

    /// <summary>RFC 9110, section 5.6.2.</summary>
    public static bool IsName(string name) => name.Length > 0 && !name.AsSpan().ContainsAnyExcept(InNames);

    /// <summary>Says what is wrong, and which status that has; null when nothing is.</summary>
    public static (int Status, string Detail)? Fault(HttpContext context)
    {
        // A fragment is no part of a target (RFC 9112, section 3.2): some servers end the path there, and would serve another one than was checked.
        if (context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Contains('#'))
        {
            return (StatusCodes.Status400BadRequest, "The target holds a fragment (#).");
        }

        if (!RequestTarget.TryMakeOriginForm(context))
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
            return Array.Exists(OfHttp1, headers.ContainsKey) ? (StatusCodes.Status400BadRequest, "A header has no place in HTTP/2.") : null;
        }

        var codings = headers.TransferEncoding;
        if (codings.Count == 0 || (context.Request.Protocol != HttpProtocol.Http10 && codings is [{ } only] && only.Trim().Equals("chunked", StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        // Nobody can tell where the body ends, and so where the next request begins (RFC 9112, section 6.1).
        context.Response.Headers.Connection = "close";
        return context.Request.Protocol == HttpProtocol.Http10
            ? (StatusCodes.Status400BadRequest, "HTTP/1.0 has no transfer codings.")
            : (StatusCodes.Status501NotImplemented, "The only transfer coding that is known is chunked.");
    }
}
