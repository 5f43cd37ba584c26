using System.Globalization;
using System.Text;
using RigKafka.Connections;

namespace RigKafka.Transports;

/// <summary>Events as a <c>text/event-stream</c> (WHATWG HTML, section 9.2).</summary>
internal sealed class SseFormat : WireFormat
{
    /// <summary>For a pipe that adds whatever framing the HTTP version asks for.</summary>
    public static readonly SseFormat Plain = new(isChunked: false);

    /// <summary>For the socket itself: each frame is one chunk of HTTP/1.1's chunked coding (RFC 9112, section 7.1).</summary>
    public static readonly SseFormat Chunked = new(isChunked: true);

    private readonly bool _isChunked;

    private SseFormat(bool isChunked) => _isChunked = isChunked;

    public override byte[] Encode(Event pushed) => Frame(Write(pushed.Id, pushed.Name, pushed.Payload.Span));

    public override byte[] Heartbeat(ReadOnlySpan<byte> id) => Frame(Write(id, "heartbeat", null));

    public override byte[] TokenExpiring(long expiresAt, IReadOnlyList<string> topics) =>
        Frame(Write(default, ExpiryNotice.Event, ExpiryNotice.Payload(expiresAt)));

    public override byte[] Closing(CloseReason reason, IReadOnlyList<string> topics) => Frame(End(ClosingNotice.Payload(reason)));

    /// <summary>When to come back after the end, in milliseconds. Alone, or as the first line of an event.</summary>
    public static byte[] Retry(int milliseconds) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {milliseconds}\n"));

    /// <summary>The last events of a stream.</summary>
    public static byte[] End(byte[] notice) => [.. Write(default, ClosingNotice.Event, notice), .. Write(default, "closing connection", null)];

    /// <summary>One event as text: an <c>id</c> line, an <c>event</c> line, a <c>data</c> line, each only if there is something to say, and a blank line.</summary>
    /// <param name="id">The id, or nothing.</param>
    /// <param name="name">The event's name.</param>
    /// <param name="data">One line of JSON, or nothing.</param>
    public static byte[] Write(ReadOnlySpan<byte> id, string name, ReadOnlySpan<byte> data)
    {
        var length = (id.IsEmpty ? 0 : 5 + id.Length) + 9 + name.Length + (data.IsEmpty ? 0 : 7 + data.Length);
        var text = new byte[length];
        var rest = text.AsSpan();
        if (!id.IsEmpty)
        {
            Put(ref rest, "id: "u8);
            Put(ref rest, id);
            Put(ref rest, "\n"u8);
        }

        Put(ref rest, "event: "u8);
        rest = rest[Encoding.ASCII.GetBytes(name, rest)..];
        if (!data.IsEmpty)
        {
            Put(ref rest, "\ndata: "u8);
            Put(ref rest, data);
        }

        Put(ref rest, "\n\n"u8);
        return text;
    }

    private static void Put(ref Span<byte> rest, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(rest);
        rest = rest[bytes.Length..];
    }

    private byte[] Frame(byte[] text)
    {
        if (!_isChunked)
        {
            return text;
        }

        var size = text.Length.ToString("x", CultureInfo.InvariantCulture);
        var chunk = new byte[size.Length + 2 + text.Length + 2];
        Encoding.ASCII.GetBytes(size, chunk);
        "\r\n"u8.CopyTo(chunk.AsSpan(size.Length));
        text.CopyTo(chunk.AsSpan(size.Length + 2));
        "\r\n"u8.CopyTo(chunk.AsSpan(chunk.Length - 2));
        return chunk;
    }
}
