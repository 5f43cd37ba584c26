namespace RigKafka.Messages;

/// <summary>What some programs put in front of a text in UTF-8. It belongs to no JSON (RFC 8259, 8.1), but may be ignored.</summary>
internal static class ByteOrderMark
{
    public static ReadOnlyMemory<byte> Skip(ReadOnlyMemory<byte> utf8) => utf8[(utf8.Length - Skip(utf8.Span).Length)..];

    public static ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> utf8) => utf8.StartsWith("\uFEFF"u8) ? utf8["\uFEFF"u8.Length..] : utf8;
}
