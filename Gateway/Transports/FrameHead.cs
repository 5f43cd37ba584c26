using System.Buffers;
using System.Buffers.Binary;

namespace RigKafka.Transports;

/// <summary>What a client's frame begins with (RFC 6455, section 5.2).</summary>
/// <param name="First">The first byte: whether it is the last frame of its message, the reserved bits, the opcode.</param>
/// <param name="IsMasked">Whether its payload is masked, as a client's must be.</param>
/// <param name="Length">The length of the payload; negative where the client has set the bit that must be 0.</param>
/// <param name="Mask">The masking key, its first byte lowest.</param>
/// <param name="Size">The length of the head itself.</param>
internal readonly record struct FrameHead(byte First, bool IsMasked, long Length, uint Mask, int Size)
{
    /// <summary>The longest payload of a control frame (section 5.5).</summary>
    public const int LongestControl = 125;

    private const int Longest = 14;
    private const byte LengthOfTwoBytes = 126;
    private const byte LengthOfEightBytes = 127;
    private const byte MaskBit = 0x80;
    private const byte ReservedBits = 0x70;

    public byte Opcode => (byte)(First & 0xF);

    public bool IsFinal => (First & WebSocketFrame.Final) != 0;

    public bool IsControl => Opcode is WebSocketFrame.CloseOpcode or WebSocketFrame.PingOpcode or WebSocketFrame.PongOpcode;

    /// <summary>Reads the head that bytes begin with. False while it is not all there.</summary>
    public static bool TryRead(in ReadOnlySequence<byte> bytes, out FrameHead head)
    {
        head = default;
        Span<byte> copy = stackalloc byte[Longest];
        copy = copy[..(int)Math.Min(Longest, bytes.Length)];
        bytes.Slice(0, copy.Length).CopyTo(copy);
        if (copy.Length < 2)
        {
            return false;
        }

        var isMasked = (copy[1] & MaskBit) != 0;
        var length = copy[1] & ~MaskBit;
        var lengthSize = length switch { LengthOfTwoBytes => 2, LengthOfEightBytes => 8, _ => 0 };
        var size = 2 + lengthSize + (isMasked ? 4 : 0);
        if (copy.Length < size)
        {
            return false;
        }

        head = new FrameHead(
            copy[0],
            isMasked,
            lengthSize switch
            {
                2 => BinaryPrimitives.ReadUInt16BigEndian(copy[2..]),
                8 => BinaryPrimitives.ReadInt64BigEndian(copy[2..]),
                _ => length,
            },
            isMasked ? BinaryPrimitives.ReadUInt32LittleEndian(copy[(2 + lengthSize)..]) : 0,
            size);
        return true;
    }

    /// <summary>Whether a client may send it.</summary>
    /// <param name="isAmidMessage">Whether a message has begun and not ended.</param>
    public bool IsAllowed(bool isAmidMessage)
    {
        var isInPlace = Opcode switch
        {
            WebSocketFrame.ContinuationOpcode => isAmidMessage,
            WebSocketFrame.TextOpcode or WebSocketFrame.BinaryOpcode => !isAmidMessage,
            // A close has a code of two bytes, or nothing.
            WebSocketFrame.CloseOpcode when Length == 1 => false,
            _ => IsControl && IsFinal && Length <= LongestControl,
        };
        return isInPlace && IsMasked && Length >= 0 && (First & ReservedBits) == 0;
    }

    /// <summary>Takes the mask off a part of the payload.</summary>
    /// <param name="payload">The part.</param>
    /// <param name="mask">The masking key.</param>
    /// <param name="start">Where it begins in the payload.</param>
    public static void Unmask(Span<byte> payload, uint mask, long start)
    {
        for (var i = 0; i < payload.Length; i++)
        {
            payload[i] ^= (byte)(mask >> (int)((start + i) % 4 * 8));
        }
    }
}
