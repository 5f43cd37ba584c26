using System.Security.Cryptography;
using System.Text;

namespace RigKafka.Http;

/// <summary>Asks a client that calls <c>/v1</c> for a token, where there are any.</summary>
internal sealed class ApiTokenCheck(RequestDelegate next, ApiTokenOptions options)
{
    private const string Prefix = "/v1";

    /// <summary>Digests are of one length, so that comparing them says nothing of the tokens, not even how long they are.</summary>
    private readonly byte[][] _digests = [.. options.Tokens.Select(Digest)];

    public Task Invoke(HttpContext context)
    {
        if (_digests.Length == 0 || !IsGuarded(context) || Shows(context.Request.Headers.Authorization))
        {
            return next(context);
        }

        BearerToken.Challenge(context.Response);
        return context.AnswerError(StatusCodes.Status401Unauthorized);
    }

    private static bool IsGuarded(HttpContext context) =>
        context.Request.Path.StartsWithSegments(Prefix)
        || (context.GetEndpoint() is RouteEndpoint endpoint
            && endpoint.RoutePattern.RawText?.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) == true);

    private bool Shows(string? header)
    {
        if (BearerToken.Of(header) is not { } token)
        {
            return false;
        }

        var shown = Digest(token);
        var isOne = false;
        foreach (var digest in _digests)
        {
            isOne |= CryptographicOperations.FixedTimeEquals(shown, digest);
        }

        return isOne;
    }

    private static byte[] Digest(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
