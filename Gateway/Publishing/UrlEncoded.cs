using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace RigKafka.Publishing;

/// <summary>Splits a query string or a form into its pairs, in their order. A pair without <c>=</c> has no value.</summary>
internal static class UrlEncoded
{
    /// <summary>False if a percent sign is not followed by two hexadecimal digits, or the decoded bytes are not UTF-8.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, List<KeyValuePair<string, string?>> pairs)
    {
        var buffer = new byte[encoded.Length];
        foreach (var range in encoded.Split((byte)'&'))
        {
            var pair = encoded[range];
            if (pair.IsEmpty)
            {
                continue;
            }

            var equals = pair.IndexOf((byte)'=');
            string? value = null;
            if (!TryUnescape(equals < 0 ? pair : pair[..equals], buffer, out var name)
                || (equals >= 0 && !TryUnescape(pair[(equals + 1)..], buffer, out value)))
            {
                return false;
            }

            pairs.Add(new(name, value));
        }

        return true;
    }

    private static bool TryUnescape(ReadOnlySpan<byte> text, Span<byte> buffer, [NotNullWhen(true)] out string? unescaped)
    {
        unescaped = null;
        var length = 0;
        for (var at = 0; at < text.Length; at++)
        {
            var next = text[at];
            if (next == '%')
            {
                if (at + 2 >= text.Length || !byte.TryParse(text.Slice(at + 1, 2), NumberStyles.AllowHexSpecifier, null, out next))
                {
                    return false;
                }

                at += 2;
            }
            else if (next == '+')
            {
                next = (byte)' ';
            }

            buffer[length++] = next;
        }

        if (!Utf8.IsValid(buffer[..length]))
        {
            return false;
        }

        unescaped = Encoding.UTF8.GetString(buffer[..length]);
        return true;
    }
}
