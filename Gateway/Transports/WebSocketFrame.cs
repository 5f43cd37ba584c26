using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using RigKafka.Channels;
using RigKafka.Connections;

namespace RigKafka.Transports;

/// <summary>Frames of RFC 6455 as a server sends them: final and unmasked (section 5.2).</summary>
internal static class WebSocketFrame
{
    public const byte Final = 0x80;
    public const byte ContinuationOpcode = 0x0;
    public const byte TextOpcode = 0x1;
    public const byte BinaryOpcode = 0x2;
    public const byte CloseOpcode = 0x8;
    public const byte PingOpcode = 0x9;
    public const byte PongOpcode = 0xA;

    /// <summary>The close code for a client that breaks the rules of WebSocket itself.</summary>
    public const int ProtocolError = 1002;

    private const int NormalClosure = 1000;
    private const int LongestShort = 125;

    /// <summary>A ping without a payload.</summary>
    public static readonly byte[] Ping = [Final | PingOpcode, 0];

    private static readonly ChannelFormat V1 = new(ChannelCodec.V1, Text, Ping, Close);
    private static readonly ChannelFormat V2 = new(ChannelCodec.V2, Text, Ping, Close);

    /// <summary>Channel messages as text frames; the sign of life is a ping.</summary>
    public static ChannelFormat Format(ChannelCodec codec) => codec == ChannelCodec.V1 ? V1 : V2;

    /// <summary>
    /// The code in the payload of a client's close frame, the normal one if it has none; null for what no client may send (sections 5.5.1
    /// and 7.4, and IANA's registry up to 1014).
    /// </summary>
    public static int? CloseCode(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
        {
            return NormalClosure;
        }

        return payload.Length >= 2 && Utf8.IsValid(payload[2..])
            && BinaryPrimitives.ReadUInt16BigEndian(payload) is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999)
            ? BinaryPrimitives.ReadUInt16BigEndian(payload)
            : null;
    }

    public static byte[] Text(byte[] json) => Frame(TextOpcode, json);

    /// <summary>The answer to a ping, whose payload it repeats.</summary>
    public static byte[] Pong(ReadOnlySpan<byte> payload) => Frame(PongOpcode, payload);

    public static byte[] Close(CloseReason reason) => Close(reason.Code, reason.Name);

    /// <param name="code">A code of section 7.4.</param>
    /// <param name="reason">Why, in ASCII.</param>
    public static byte[] Close(int code, string reason = "")
    {
        var payload = new byte[2 + reason.Length];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        Encoding.ASCII.GetBytes(reason, payload.AsSpan(2));
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
