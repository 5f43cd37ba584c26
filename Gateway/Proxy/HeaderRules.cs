using System.Buffers;

namespace RigKafka.Proxy;

/// <summary>What a definition may say of a header.</summary>
internal static class HeaderRules
{
    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly HashSet<string> OfTheConnection = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length",
    };

    /// <summary>RFC 9110, section 5.6.2.</summary>
    public static bool IsName(string name) => name.Length > 0 && name.AsSpan().IndexOfAnyExcept(TokenCharacters) < 0;

    /// <summary>Framing, and what holds for one connection only (RFC 9110, section 7.6.1), is not for a definition to set.</summary>
    public static bool IsOfTheConnection(string name) => OfTheConnection.Contains(name);
}
