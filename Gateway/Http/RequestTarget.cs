using Microsoft.AspNetCore.Http.Features;

namespace RigKafka.Http;

/// <summary>
/// Makes an ordinary target of one that holds scheme and authority too (RFC 9112, section 3.2.2). The server decodes such a target twice, so that
/// the path that was checked would not be the one that is sent; here both are made of the same bytes.
/// </summary>
internal static class RequestTarget
{
    /// <summary>False for a path that cannot be decoded; the server answers 400 to it where it stands alone.</summary>
    public static bool TryMakeOriginForm(HttpContext context)
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
