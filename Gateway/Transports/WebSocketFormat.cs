using RigKafka.Channels;
using RigKafka.Connections;

namespace RigKafka.Transports;

/// <summary>Channel messages as WebSocket text frames; the sign of life is a ping.</summary>
internal sealed class WebSocketFormat(ChannelCodec version) : WireFormat
{
    public static readonly WebSocketFormat V1 = new(ChannelCodec.V1);
    public static readonly WebSocketFormat V2 = new(ChannelCodec.V2);

    public ChannelCodec Version => version;

    public override bool IsByTopic => true;

    public override byte[] Encode(Event pushed) => WebSocketFrame.Text(version.Event(pushed.Topic, pushed.Name, pushed.Payload.Span));

    public override byte[] Heartbeat(ReadOnlySpan<byte> id) => WebSocketFrame.Ping;

    public override byte[] TokenExpiring(long expiresAt, IReadOnlyList<string> topics) =>
        [.. topics.SelectMany(topic => WebSocketFrame.Text(version.Event(topic, ExpiryNotice.Event, ExpiryNotice.Payload(expiresAt))))];

    public override byte[] Closing(CloseReason reason, IReadOnlyList<string> topics)
    {
        var payload = ClosingNotice.Payload(reason);
        return [.. topics.SelectMany(topic => WebSocketFrame.Text(version.Event(topic, ClosingNotice.Event, payload))), .. WebSocketFrame.Close(reason)];
    }
}
