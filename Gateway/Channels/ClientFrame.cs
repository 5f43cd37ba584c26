namespace RigKafka.Channels;

/// <summary>One message of a client in the Phoenix channel protocol.</summary>
/// <param name="JoinRef">The reference of the join it belongs to, as the client says; null in version 1.</param>
/// <param name="Ref">The client's reference, which the reply repeats; null asks for no reply to match.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Event">The event's name.</param>
/// <param name="Payload">The payload as JSON.</param>
internal sealed record ClientFrame(string? JoinRef, string? Ref, string Topic, string Event, ReadOnlyMemory<byte> Payload)
{
    public const string Join = "phx_join";
    public const string Leave = "phx_leave";
    public const string Reply = "phx_reply";
    public const string Closed = "phx_close";
    public const string Heartbeat = "heartbeat";

    /// <summary>The topic of the socket itself.</summary>
    public const string SocketTopic = "phoenix";
}
