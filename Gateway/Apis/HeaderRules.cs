using Microsoft.Net.Http.Headers;
using RigKafka.Http;

namespace RigKafka.Apis;

/// <summary>What a definition may say of a header.</summary>
internal static class HeaderRules
{
    private static readonly HashSet<string> OfTheConnection = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length",
    };

    private static readonly HashSet<string> Needed = new(StringComparer.OrdinalIgnoreCase) { "Host", "Authorization", "Content-Length", "Content-Type", "Content-Encoding", "Connection", "Upgrade", ClientAddress.Forwarded, HeaderNames.Via };

    /// <summary>Framing, and what holds for one connection only (RFC 9110, section 7.6.1), is not for a definition to set.</summary>
    public static bool IsOfTheConnection(string name) => OfTheConnection.Contains(name);

    /// <summary>What a client cannot have taken out by naming it in <c>Connection</c>: the message would change its meaning.</summary>
    public static bool IsNeeded(string name) => Needed.Contains(name) || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase);
}
