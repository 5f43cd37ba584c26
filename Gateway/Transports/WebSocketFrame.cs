using System.Buffers.Binary;
using System.Text;
using RigKafka.Channels;
using RigKafka.Connections;

namespace RigKafka.Transports;

/// <summary>Frames as a server sends them: final, unmasked (RFC 6455, section 5.2).</summary>
internal static class WebSocketFrame
{
    private const byte Final = 0x80;
    private const byte TextOpcode = 0x1;
    private const byte CloseOpcode = 0x8;
    private const byte PingOpcode = 0x9;
    private const byte PongOpcode = 0xA;
    private const int LongestShort = 125;

    /// <summary>A ping without a payload.</summary>
    public static readonly byte[] Ping = [Final | PingOpcode, 0];

    private static readonly ChannelFormat V1 = new(ChannelCodec.V1, Text, Ping, Close);
    private static readonly ChannelFormat V2 = new(ChannelCodec.V2, Text, Ping, Close);

    /// <summary>Channel messages as text frames; the sign of life is a ping.</summary>
    public static ChannelFormat Format(ChannelCodec codec) => codec == ChannelCodec.V1 ? V1 : V2;

    public static bool IsClose(ReadOnlySpan<byte> frame) => frame is [Final | CloseOpcode, ..];

    public static bool IsPong(ReadOnlySpan<byte> frame) => frame is [Final | PongOpcode, ..];

    public static byte[] Text(byte[] json) => Frame(TextOpcode, json);

    public static byte[] Close(CloseReason reason)
    {
        var payload = new byte[2 + reason.Name.Length];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)reason.Code);
        Encoding.ASCII.GetBytes(reason.Name, payload.AsSpan(2));
        return Frame(CloseOpcode, payload);
    }

    private static byte[] Frame(byte opcode, ReadOnlySpan<byte> payload)
    {
        var header = payload.Length switch
        {
            <= LongestShort => 2,
            <= ushort.MaxValue => 4,
            _ => 10,
        };
        var frame = new byte[header + payload.Length];
        frame[0] = (byte)(Final | opcode);
        switch (header)
        {
            case 2:
                frame[1] = (byte)payload.Length;
                break;
            case 4:
                frame[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
                break;
            default:
                frame[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(2), (ulong)payload.Length);
                break;
        }

        payload.CopyTo(frame.AsSpan(header));
        return frame;
    }
}
