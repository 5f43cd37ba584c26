using System.Buffers;
using System.Text;

namespace RigKafka.Publishing;

/// <summary>
/// Writes JSON strings with only the escapes that JSON demands, as the original did. The framework's relaxed encoder also escapes
/// characters outside the basic plane.
/// </summary>
internal static class JsonText
{
    private static readonly SearchValues<char> MustEscape
        = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(code => (char)code), '"', '\\']);

    public static void WriteString(IBufferWriter<byte> output, string text)
    {
        output.Write("\""u8);
        var rest = text.AsSpan();
        while (rest.IndexOfAny(MustEscape) is var at and >= 0)
        {
            Encoding.UTF8.GetBytes(rest[..at], output);
            WriteEscaped(output, rest[at]);
            rest = rest[(at + 1)..];
        }

        Encoding.UTF8.GetBytes(rest, output);
        output.Write("\""u8);
    }

    private static void WriteEscaped(IBufferWriter<byte> output, char character)
        => Encoding.UTF8.GetBytes(character is '"' or '\\' ? $"\\{character}" : $"\\u{(int)character:x4}", output);
}
