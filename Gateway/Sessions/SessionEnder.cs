using System.Collections.Concurrent;
using RigKafka.Connections;

namespace RigKafka.Sessions;

/// <summary>Ends the connections of this node whose tokens are on the blacklist, and says how many they were.</summary>
internal sealed partial class SessionEnder(SessionIndex sessions, ILogger logger)
{
    /// <summary>Those that are being ended: this node meets an entry again when it reads it from the table.</summary>
    private readonly ConcurrentDictionary<Connection, bool> _ending = new();

    /// <summary>Ends those of a session or a user. Completes when none of them is open.</summary>
    public Task End(BlacklistKey key, BlacklistEntry entry) => End(key, key.IsUser
        ? [.. sessions.OfUser(key.Name).Where(connection => entry.Covers(connection.Holder!.IssuedAt))]
        : sessions.OfSession(key.Name));

    /// <param name="key">Who is on the blacklist.</param>
    /// <param name="connections">Theirs.</param>
    public async Task End(BlacklistKey key, IReadOnlyList<Connection> connections)
    {
        var begun = connections.Where(connection => connection is { IsEnded: false, Closing: null } && _ending.TryAdd(connection, true)).ToArray();
        foreach (var connection in begun)
        {
            connection.Close(CloseReason.TokenBlacklisted);
        }

        if (begun.Length > 0)
        {
            LogEnded(key.Kind, key.Shown, begun.Length);
        }

        await Task.WhenAll(connections.Select(connection => connection.Closed));
        foreach (var connection in begun)
        {
            _ending.TryRemove(connection, out _);
        }
    }

    [LoggerMessage(1252, LogLevel.Information,
        "The {Kind} \"{Name}\" is on the blacklist; connections to this node that were ended: {Connections}.", EventName = "SessionEnded")]
    private partial void LogEnded(string kind, string name, int connections);
}
