namespace RigKafka.Http;

/// <summary>Where a request carries its token: <c>token=</c> in the query, or the header <c>Authorization</c>, with or without <c>Bearer</c>.</summary>
internal static class BearerToken
{
    private const string Parameter = "token";
    private const string Scheme = "Bearer ";

    /// <summary>The token as it was sent, or null when there is none. A parameter that is there wins, even when it is empty.</summary>
    public static string? Find(HttpRequest request)
    {
        if (request.Query.TryGetValue(Parameter, out var values))
        {
            return values[^1];
        }

        var header = request.Headers.Authorization.ToString().Trim();
        if (header.Length == 0)
        {
            return null;
        }

        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].TrimStart() : header;
    }
}
