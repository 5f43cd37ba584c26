using RigKafka.Connections;
using RigKafka.Presence;

namespace RigKafka.Sessions;

/// <summary>How long an entry of the blacklist lasts when the request does not say.</summary>
internal sealed class DefaultExpiry(
    ConnectionRegistry registry, BlacklistOptions options, TimeProvider time, PresenceIndex? presence = null)
{
    /// <summary>After the time in the settings, or when the last of their tokens ends that are in use, whichever is later.</summary>
    public DateTimeOffset Of(BlacklistKey key)
    {
        var connections = key.IsUser ? registry.SessionIndex.OfUser(key.Name) : registry.SessionIndex.OfSession(key.Name);
        var elsewhere = key.IsUser ? presence?.OfUser(key.Name) : presence?.OfSession(key.Name);
        return connections.Select(connection => connection.Holder!.Expires)
            .Concat((elsewhere ?? []).Select(channel => channel.Record.ExpiresAt))
            .Append(time.GetUtcNow().AddHours(options.DefaultExpiryHours))
            .Max();
    }
}
