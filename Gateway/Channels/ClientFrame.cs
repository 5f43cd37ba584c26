using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Channels;

/// <summary>One message of a client in the Phoenix channel protocol.</summary>
/// <param name="JoinRef">The reference of the join it belongs to, as the client says, as JSON; null in version 1.</param>
/// <param name="Ref">The client's reference as JSON, which the reply repeats; null asks for no reply to match.</param>
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

    /// <summary>The client shows another token, under the same name in the payload, to go on with.</summary>
    public const string AccessToken = "access_token";

    /// <summary>The topic of the socket itself.</summary>
    public const string SocketTopic = "phoenix";

    /// <summary>The token in the payload; null when there is none.</summary>
    public string? Token()
    {
        using var payload = JsonDocument.Parse(Payload);
        return payload.RootElement.Text(AccessToken);
    }
}
