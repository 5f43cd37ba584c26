using Microsoft.Extensions.Primitives;

namespace RigKafka.Http;

/// <summary>
/// The <c>for=</c> of each element of <c>Forwarded</c> (RFC 7239, section 4), as a list such as <c>X-Forwarded-For</c> has.
/// </summary>
internal static class ForwardedFor
{
    /// <summary>What stands for an element that names nobody: no address, so a reader of the list from the right stops there.</summary>
    private const string Unknown = "unknown";

    public static string Read(StringValues header) => string.Join(',', header.SelectMany(line => Split(line ?? "", ',')).Select(For));

    private static string For(string element)
    {
        foreach (var pair in Split(element, ';'))
        {
            var text = pair.Trim();
            if (text.StartsWith("for=", StringComparison.OrdinalIgnoreCase))
            {
                var node = text is [_, _, _, _, '"', .. var quoted, '"'] ? quoted : text[4..];
                return node.Length > 0 && node.AsSpan().IndexOfAny("\",\\ ") < 0 ? node : Unknown;
            }
        }

        return Unknown;
    }

    /// <summary>
    /// Parts at a separator outside quotes. A client that leaves a quote open would swallow what the proxies add: then quotes count for
    /// nothing.
    /// </summary>
    private static List<string> Split(string text, char separator)
    {
        var parts = new List<string>();
        var (start, isQuoted) = (0, false);
        for (var i = 0; i < text.Length; i++)
        {
            if (isQuoted && text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (text[i] == separator && !isQuoted)
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
        }

        parts.Add(text[start..]);
        return isQuoted ? [.. text.Split(separator)] : parts;
    }
}
