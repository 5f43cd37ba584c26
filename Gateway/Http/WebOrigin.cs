namespace RigKafka.Http;

/// <summary>The origin of a web page, as browsers write it (RFC 6454, section 6.2).</summary>
internal static class WebOrigin
{
    /// <summary>The origin of a page that has no origin to name.</summary>
    public const string Opaque = "null";

    /// <summary>What would be right, where a browser would never write it so; else null.</summary>
    public static string? Mistake(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            return "expected the scheme too, as in https://app.example";
        }

        var host = uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost;
        var written = $"{uri.Scheme}://{host}{(uri.IsDefaultPort ? "" : $":{uri.Port}")}";
        return written.Equals(text, StringComparison.OrdinalIgnoreCase)
            ? null
            : $"expected {written}, without a path, and without the port that the scheme has anyway";
    }

    /// <summary>
    /// Whether a page of this origin was served by the host that it calls. The scheme is left out, since TLS may end in front of the
    /// node.
    /// </summary>
    public static bool IsOf(string host, string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && (host.Equals(uri.Authority, StringComparison.OrdinalIgnoreCase)
            || (uri.IsDefaultPort && host.Equals($"{uri.Host}:{uri.Port}", StringComparison.OrdinalIgnoreCase)));
}
