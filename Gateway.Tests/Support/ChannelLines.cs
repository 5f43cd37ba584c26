using RigKafka.Channels;

namespace RigKafka.Tests.Support;

/// <summary>Messages of the channel protocol, a line each. One for each version, as in a node: an event has room for the frames of every format there is.</summary>
internal static class ChannelLines
{
    public static readonly ChannelFormat V1 = Lines(ChannelCodec.V1);
    public static readonly ChannelFormat V2 = Lines(ChannelCodec.V2);

    public static ChannelFormat Of(ChannelCodec codec) => codec == ChannelCodec.V1 ? V1 : V2;

    private static ChannelFormat Lines(ChannelCodec codec) => new(codec, static message => [.. message, (byte)'\n'], []);
}
