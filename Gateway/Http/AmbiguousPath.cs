using System.Text;

namespace RigKafka.Http;

/// <summary>
/// Finds what some servers behind the gateway make another path of, so that an open path could lead to a secured one: the segments
/// <c>.</c> and <c>..</c>, with a parameter after a semicolon too, a backslash, a NUL, and <c>.</c>, <c>/</c> and <c>\</c> in overlong
/// UTF-8, each as itself or percent-encoded. A client resolves dot segments before it sends (RFC 3986, section 5.2.4), and has no use for
/// the rest.
/// </summary>
internal static class AmbiguousPath
{
    private const int MaxOnStack = 512;
    private const int LongestSequence = 6;

    /// <param name="path">As it was sent.</param>
    public static bool Is(string path)
    {
        if (path.AsSpan().IndexOfAny('.', '%', '\\') < 0)
        {
            return false;
        }

        var size = Encoding.UTF8.GetMaxByteCount(path.Length);
        var bytes = size <= MaxOnStack ? stackalloc byte[size] : new byte[size];
        var decoded = bytes[..Decode(path, bytes)];
        return decoded.IndexOfAny((byte)0, (byte)'\\') >= 0 || HasOverlong(decoded) || HasDotSegment(decoded);
    }

    /// <summary>Percent-decodes once; what is no valid encoding stays as it is.</summary>
    private static int Decode(string path, Span<byte> bytes)
    {
        var length = Encoding.UTF8.GetBytes(path, bytes);
        var to = 0;
        for (var from = 0; from < length; from++)
        {
            var isEncoded = bytes[from] == '%' && from + 2 < length
                && char.IsAsciiHexDigit((char)bytes[from + 1]) && char.IsAsciiHexDigit((char)bytes[from + 2]);
            bytes[to++] = isEncoded ? (byte)((HexDigit(bytes[from + 1]) << 4) | HexDigit(bytes[from + 2])) : bytes[from];
            from += isEncoded ? 2 : 0;
        }

        return to;
    }

    private static int HexDigit(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static bool HasDotSegment(ReadOnlySpan<byte> path)
    {
        foreach (var part in path.Split((byte)'/'))
        {
            var segment = path[part];
            var parameters = segment.IndexOf((byte)';');
            if ((parameters < 0 ? segment : segment[..parameters]) is [(byte)'.'] or [(byte)'.', (byte)'.'])
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Two to six bytes for a character that has one (RFC 3629, section 10).</summary>
    private static bool HasOverlong(ReadOnlySpan<byte> path)
    {
        for (var start = 0; start < path.Length; start++)
        {
            var length = path[start] switch { 0xC0 or 0xC1 => 2, 0xE0 => 3, 0xF0 => 4, 0xF8 => 5, 0xFC => LongestSequence, _ => 0 };
            if (length > 0 && start + length <= path.Length && Character(path.Slice(start, length)) is '.' or '/' or '\\')
            {
                return true;
            }
        }

        return false;
    }

    private static int Character(ReadOnlySpan<byte> sequence)
    {
        var character = sequence.Length == 2 ? sequence[0] & 0x1F : 0;
        foreach (var next in sequence[1..])
        {
            if ((next & 0xC0) != 0x80)
            {
                return -1;
            }

            character = (character << 6) | (next & 0x3F);
        }

        return character;
    }
}
