namespace RigKafka.Http;

/// <summary>Tokens of the scheme <c>Bearer</c> (RFC 6750): where a request has one, and how it is asked for one.</summary>
internal static class BearerToken
{
    private const string Parameter = "token";
    private const string Scheme = "Bearer";

    /// <summary>
    /// The token of a request as it was sent, or null when there is none: <c>token=</c> in the query, or the header <c>Authorization</c>,
    /// with or without the scheme. A parameter that is there wins, even when it is empty.
    /// </summary>
    public static string? Find(HttpRequest request) =>
        request.Query.TryGetValue(Parameter, out var values) ? values[^1]
        : WithoutScheme(request.Headers.Authorization.ToString()) is { Length: > 0 } token ? token : null;

    /// <summary>The value of a header that need not have the scheme, without it.</summary>
    public static string WithoutScheme(string header)
    {
        var value = header.Trim();
        return Of(value) ?? value;
    }

    /// <summary>The token of a header that has the scheme; null where it has not.</summary>
    public static string? Of(string? header) =>
        header is not null && header.StartsWith(Scheme + " ", StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null;

    /// <summary>Says in the answer that a token is needed (RFC 9110, section 11.6.1).</summary>
    public static void Challenge(HttpResponse response) => response.Headers.WWWAuthenticate = Scheme;
}
