namespace RigKafka.Connections;

/// <summary>Why the server ended a connection: the same word on the wire, in the log and in the metrics.</summary>
/// <param name="Name">The word.</param>
/// <param name="Reconnect">Whether the client is well advised to come back.</param>
/// <param name="IsUrgent">Whether the connection is broken off where the client does not take its last words at once.</param>
/// <param name="DropsOutbox">Whether what still waits for the client is no longer for its eyes.</param>
internal sealed record CloseReason(string Name, bool Reconnect, bool IsUrgent = false, bool DropsOutbox = false)
{
    /// <summary>The client closed its side or its socket broke; there is nobody to tell.</summary>
    public static readonly CloseReason ClientGone = new("client_gone", true);

    /// <summary>The node is being stopped; another one, or the next one, takes over.</summary>
    public static readonly CloseReason Shutdown = new("shutdown", true);

    /// <summary>The client read more slowly than it was sent to, until its outbox was full. The notice cannot reach it.</summary>
    public static readonly CloseReason SlowConsumer = new("slow_consumer", true);

    /// <summary>One of the topics that the client asked for is not open to it.</summary>
    public static readonly CloseReason JoinDenied = new("join_denied", false);

    /// <summary>The client's token has ended; with a fresh one it may come back.</summary>
    public static readonly CloseReason TokenExpired = new("token_expired", true, IsUrgent: true);

    /// <summary>The client's token was put on the blacklist.</summary>
    public static readonly CloseReason TokenBlacklisted = new("token_blacklisted", false, IsUrgent: true, DropsOutbox: true);
}
