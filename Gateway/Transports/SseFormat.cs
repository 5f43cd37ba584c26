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

    /// <summary>The event that ends every stream, as the original's do.</summary>
    public byte[] LastEvent => Write(default, "closing connection", default);

    public override byte[] Encode(Event pushed) =>
        Write(pushed.Id, pushed.Name, pushed.Payload.Span, pushed.RetryMs is { } retry ? Retry(retry) : default);

    public override byte[] Heartbeat(ReadOnlySpan<byte> id) => Write(id, "heartbeat", default);

    public override byte[] HeartbeatWithPosition(ReadOnlySpan<byte> id) => [.. Heartbeat(id), .. Write(id, "position", "{}"u8)];

    public override byte[] End(CloseReason reason) => LastEvent;

    /// <summary>
    /// When to come back after the end, in milliseconds: the first line of an event, as some clients make an empty message of a block
    /// without data.
    /// </summary>
    public static byte[] Retry(int milliseconds) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {milliseconds}\n"));

    /// <summary>
    /// One event: an <c>event</c> line, a <c>data</c> line, an <c>id</c> line, those without content left out, and a blank line. The id
    /// comes last because some clients keep it as soon as they read its line. They would skip an event that breaks off after it.
    /// </summary>
    /// <param name="id">The id, or nothing.</param>
    /// <param name="name">The event's name.</param>
    /// <param name="data">One line of JSON, or nothing.</param>
    /// <param name="retry">A line that comes first, or nothing.</param>
    public byte[] Write(ReadOnlySpan<byte> id, string name, ReadOnlySpan<byte> data, ReadOnlySpan<byte> retry = default)
    {
        var length = retry.Length + (id.IsEmpty ? 0 : 5 + id.Length) + 9 + name.Length + (data.IsEmpty ? 0 : 7 + data.Length);
        Span<byte> size = stackalloc byte[8];
        var digits = 0;
        if (_isChunked)
        {
            length.TryFormat(size, out digits, "x", CultureInfo.InvariantCulture);
        }

        var frame = new byte[_isChunked ? digits + 2 + length + 2 : length];
        var rest = frame.AsSpan();
        if (_isChunked)
        {
            Put(ref rest, size[..digits]);
            Put(ref rest, "\r\n"u8);
        }

        Put(ref rest, retry);
        Put(ref rest, "event: "u8);
        rest = rest[Encoding.ASCII.GetBytes(name, rest)..];
        if (!data.IsEmpty)
        {
            Put(ref rest, "\ndata: "u8);
            Put(ref rest, data);
        }

        if (!id.IsEmpty)
        {
            Put(ref rest, "\nid: "u8);
            Put(ref rest, id);
        }

        Put(ref rest, "\n\n"u8);
        if (_isChunked)
        {
            Put(ref rest, "\r\n"u8);
        }

        return frame;
    }

    private static void Put(ref Span<byte> rest, scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(rest);
        rest = rest[bytes.Length..];
    }
}
