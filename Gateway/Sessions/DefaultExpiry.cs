using RigKafka.Connections;
using RigKafka.Http;
using RigKafka.Presence;

namespace RigKafka.Sessions;

/// <summary>How long an entry of the blacklist lasts when the request does not say.</summary>
internal sealed class DefaultExpiry(
    TokenGate tokens, ConnectionRegistry registry, BlacklistOptions options, ApiTokenOptions apiTokens, TimeProvider time, PresenceIndex? presence = null)
{
    /// <summary>
    /// As in the original, until the caller's own token ends if it shows one; otherwise for the time in the settings, or until the tokens end
    /// that are in use, whichever is later.
    /// </summary>
    public async ValueTask<DateTimeOffset> For(BlacklistKey key, HttpRequest request)
    {
        // A header that is for API_TOKEN is no token of a session.
        if (!apiTokens.AreSet && request.Headers.Authorization is [{ } raw] && await tokens.Verify(raw) is { Accepted: true } caller)
        {
            return caller.Identity.Expires;
        }

        var connections = key.IsUser ? registry.SessionIndex.OfUser(key.Name) : registry.SessionIndex.OfSession(key.Name);
        var elsewhere = key.IsUser ? presence?.OfUser(key.Name) : presence?.OfSession(key.Name);
        return connections.Select(connection => connection.Holder!.Expires)
            .Concat((elsewhere ?? []).Select(channel => channel.Record.ExpiresAt))
            .Append(time.GetUtcNow().AddHours(options.DefaultExpiryHours))
            .Max();
    }
}
