using RigKafka.Connections;

namespace RigKafka.Channels;

/// <summary>Events as messages of the channel protocol, on a transport that wraps each of them.</summary>
/// <param name="codec">The version that the client speaks.</param>
/// <param name="wrap">Makes a frame of the transport from a message.</param>
/// <param name="heartbeat">The sign of life of a quiet connection; empty where the transport needs none.</param>
/// <param name="end">What ends the wire itself; null for nothing.</param>
internal sealed class ChannelFormat(ChannelCodec codec, Func<byte[], byte[]> wrap, byte[] heartbeat, Func<CloseReason, byte[]>? end = null)
    : WireFormat
{
    public ChannelCodec Codec => codec;

    public override bool IsByTopic => true;

    /// <summary>Makes a frame of the transport from a message.</summary>
    public byte[] Wrap(byte[] message) => wrap(message);

    public override byte[] Encode(Event pushed) => wrap(codec.Event(pushed.Topic, pushed.Name, pushed.Payload.Span));

    public override byte[] Heartbeat(ReadOnlySpan<byte> id) => heartbeat;

    public override byte[] End(CloseReason reason) => end?.Invoke(reason) ?? [];
}
