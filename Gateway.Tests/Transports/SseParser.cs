using System.Globalization;
using System.Text;

namespace RigKafka.Tests.Transports;

/// <summary>Reads an event stream as the standard says (WHATWG HTML, section 9.2.6), written independently of what writes it.</summary>
internal static class SseParser
{
    /// <summary>One dispatched event. A browser dispatches only those with data; this keeps the others too.</summary>
    internal sealed record Parsed(string? Id, string? Name, string? Data);

    public static List<Parsed> Parse(byte[] stream)
    {
        var events = new List<Parsed>();
        string? id = null, name = null;
        List<string>? data = null;
        var lines = Encoding.UTF8.GetString(stream).Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n', '\r');
        foreach (var line in lines[..^1])
        {
            if (line.Length == 0)
            {
                events.Add(new Parsed(id, name, data is null ? null : string.Join('\n', data)));
                (id, name, data) = (null, null, null);
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var field = colon < 0 ? line : line[..colon];
            var value = colon < 0 ? "" : line[(colon + 1)..];
            value = value.StartsWith(' ') ? value[1..] : value;
            switch (field)
            {
                case "id":
                    id = value;
                    break;
                case "event":
                    name = value;
                    break;
                case "data":
                    (data ??= []).Add(value);
                    break;
                default:
                    throw new FormatException($"An unknown field: {line}");
            }
        }

        return lines[^1].Length == 0 && (id, name, data) == (null, null, null) ? events : throw new FormatException("The stream ends within an event.");
    }

    /// <summary>Undoes HTTP/1.1's chunked coding (RFC 9112, section 7.1), without the last chunk, and gives each chunk.</summary>
    public static List<byte[]> Chunks(byte[] coded)
    {
        var chunks = new List<byte[]>();
        var rest = coded.AsSpan();
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf("\r\n"u8);
            var size = int.Parse(Encoding.ASCII.GetString(rest[..end]), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            rest = rest[(end + 2)..];
            chunks.Add(rest[..size].ToArray());
            rest = rest[size..];
            if (!rest.StartsWith("\r\n"u8))
            {
                throw new FormatException("A chunk is not as long as it says.");
            }

            rest = rest[2..];
        }

        return chunks;
    }
}
