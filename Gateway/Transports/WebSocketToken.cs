using System.Buffers.Text;
using System.Text;
using RigKafka.Http;

namespace RigKafka.Transports;

/// <summary>
/// The token of a WebSocket request: as everywhere, or in a subprotocol, where newer Phoenix clients send it to keep it out of URLs.
/// </summary>
internal static class WebSocketToken
{
    private const string Protocol = "phoenix";
    private const string TokenPrefix = "base64url.bearer.phx.";

    public static string? Find(HttpContext context)
    {
        foreach (var protocol in Requested(context))
        {
            if (protocol.StartsWith(TokenPrefix, StringComparison.Ordinal) && Base64Url.IsValid(protocol.AsSpan(TokenPrefix.Length)))
            {
                return Encoding.UTF8.GetString(Base64Url.DecodeFromChars(protocol.AsSpan(TokenPrefix.Length)));
            }
        }

        return BearerToken.Find(context.Request);
    }

    /// <summary>A browser that asks for subprotocols breaks off unless one of them is selected.</summary>
    public static string? SelectProtocol(HttpContext context) => Requested(context).Contains(Protocol) ? Protocol : null;

    private static IEnumerable<string> Requested(HttpContext context) => context.Request.Headers.SecWebSocketProtocol
        .SelectMany(line => (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
