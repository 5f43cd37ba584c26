namespace RigKafka.Connections;

/// <summary>Why the server ended a connection: the same word on the wire, in the log and in the metrics.</summary>
/// <param name="Name">The word.</param>
/// <param name="Reconnect">Whether the client should come back.</param>
/// <param name="Code">
/// The WebSocket close code (RFC 6455, section 7.4). 1000 is for a session that was kicked and for nothing else: some clients stay away
/// after it, and come back after any other.
/// </param>
/// <param name="IsUrgent">Whether the client has only a moment to read its last words.</param>
/// <param name="DropsOutbox">Whether the client must not get what still waits for it.</param>
/// <param name="MovesOn">Whether the client is to come to another node: its TCP connection is not used again.</param>
internal sealed record CloseReason(
    string Name, bool Reconnect, int Code, bool IsUrgent = false, bool DropsOutbox = false, bool MovesOn = false)
{
    /// <summary>The client closed its side, or its socket broke: nobody is there to tell.</summary>
    public static readonly CloseReason ClientGone = new("client_gone", true, 1001);

    /// <summary>The node is being stopped; another one, or the next one, takes over.</summary>
    public static readonly CloseReason Shutdown = new("shutdown", true, 1001, MovesOn: true);

    /// <summary>The connection has been open for as long as one may be: so nodes that are new fill up.</summary>
    public static readonly CloseReason MaxAge = new("max_age", true, 1001, MovesOn: true);

    /// <summary>The client read so slowly that its outbox was full. The notice cannot reach it.</summary>
    public static readonly CloseReason SlowConsumer = new("slow_consumer", true, 1013);

    /// <summary>One of the topics that the client asked for is not open to it.</summary>
    public static readonly CloseReason JoinDenied = new("join_denied", false, 1008);

    /// <summary>The client's token has ended; with a fresh one it may come back.</summary>
    public static readonly CloseReason TokenExpired = new("token_expired", true, 1008, IsUrgent: true);

    /// <summary>The client's token was put on the blacklist.</summary>
    public static readonly CloseReason TokenBlacklisted = new("token_blacklisted", false, 1000, IsUrgent: true, DropsOutbox: true);

    /// <summary>The client sent something that is not a frame of its protocol.</summary>
    public static readonly CloseReason BadFrame = new("bad_frame", true, 1011);

    /// <summary>The client sent text that is not UTF-8.</summary>
    public static readonly CloseReason BadText = new("bad_text", true, 1007);

    /// <summary>The client sent a larger message than it may.</summary>
    public static readonly CloseReason TooBig = new("message_too_big", true, 1009);

    /// <summary>The client sent more messages than it may, or more bytes that finish no message.</summary>
    public static readonly CloseReason TooFast = new("too_many_messages", true, 1013);

    /// <summary>The client has begun a message and did not end it in time.</summary>
    public static readonly CloseReason Unfinished = new("message_unfinished", true, 1008);

    /// <summary>A long-poll client has not polled for too long.</summary>
    public static readonly CloseReason NotPolled = new("not_polled", true, 1001);

    public static IEnumerable<CloseReason> All =>
    [
        ClientGone, Shutdown, MaxAge, SlowConsumer, JoinDenied, TokenExpired, TokenBlacklisted,
        BadFrame, BadText, TooBig, TooFast, Unfinished, NotPolled,
    ];
}
