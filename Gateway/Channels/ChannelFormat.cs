using RigKafka.Connections;

namespace RigKafka.Channels;

/// <summary>Events as messages of the channel protocol, on a transport that wraps each of them.</summary>
internal sealed class ChannelFormat : WireFormat
{
    private readonly ChannelCodec _codec;
    private readonly Func<byte[], byte[]> _wrap;
    private readonly byte[] _heartbeat;
    private readonly Func<CloseReason, byte[]>? _end;
    private readonly bool _hasIds;

    /// <param name="codec">The version that the client speaks.</param>
    /// <param name="wrap">Makes a frame of the transport from a message.</param>
    /// <param name="heartbeat">The sign of life of a quiet connection; empty where the transport needs none.</param>
    /// <param name="end">What ends the wire itself; null for nothing.</param>
    public ChannelFormat(ChannelCodec codec, Func<byte[], byte[]> wrap, byte[] heartbeat, Func<CloseReason, byte[]>? end = null)
        : this(codec, wrap, heartbeat, end, hasIds: false) => WithIds = new ChannelFormat(codec, wrap, heartbeat, end, hasIds: true);

    private ChannelFormat(ChannelCodec codec, Func<byte[], byte[]> wrap, byte[] heartbeat, Func<CloseReason, byte[]>? end, bool hasIds)
    {
        (_codec, _wrap, _heartbeat, _end, _hasIds) = (codec, wrap, heartbeat, end, hasIds);
        WithIds = this;
    }

    public ChannelCodec Codec => _codec;

    /// <summary>The same for channels whose client asked for ids.</summary>
    public ChannelFormat WithIds { get; }

    public override bool IsByTopic => true;

    public override bool HasIds => _hasIds;

    /// <summary>Makes a frame of the transport from a message.</summary>
    public byte[] Wrap(byte[] message) => _wrap(message);

    public override byte[] Encode(Event pushed) =>
        _wrap(_codec.Event(pushed.Topic, pushed.Name, pushed.Payload.Span, _hasIds ? pushed.Id : default));

    public override byte[] Heartbeat(ReadOnlySpan<byte> id) => _heartbeat;

    public override byte[] End(CloseReason reason) => _end?.Invoke(reason) ?? [];
}
