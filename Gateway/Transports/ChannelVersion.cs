using RigKafka.Channels;

namespace RigKafka.Transports;

/// <summary>Which version of the channel protocol a request asks for, by its parameter <c>vsn</c>.</summary>
internal static class ChannelVersion
{
    /// <summary>Version 1 if none is named; null for a version that is neither 1.0.x nor 2.0.x.</summary>
    public static ChannelCodec? Of(IQueryCollection query) => query["vsn"] switch
    {
        [] or [.., null or ""] => ChannelCodec.V1,
        [.., var vsn] => Version.TryParse(vsn, out var version) ? version switch
        {
            { Major: 1, Minor: 0 } => ChannelCodec.V1,
            { Major: 2, Minor: 0 } => ChannelCodec.V2,
            _ => null,
        }
        : null,
    };
}
