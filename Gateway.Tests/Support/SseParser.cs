using System.Buffers;
using System.Diagnostics;
using System.Text;

namespace RigKafka.Tests.Support;

/// <summary>Takes a <c>text/event-stream</c> apart (WHATWG HTML, section 9.2.6), with LF as the only line end, as the gateway promises; written independently of what writes it.</summary>
/// <param name="found">Is given each block.</param>
/// <param name="hasId">Is given what has come of a block when its id has been read, for clients that keep it as soon as that.</param>
internal sealed class SseParser(Action<SseEvent> found, Action<SseEvent>? hasId = null)
{
    private readonly ArrayBufferWriter<byte> _line = new();
    private string? _id;
    private string _name = "";
    private StringBuilder? _data;
    private string? _retry;

    /// <summary>The events of a whole stream, without the time when they were read.</summary>
    public static List<SseEvent> Parse(ReadOnlySpan<byte> stream)
    {
        var events = new List<SseEvent>();
        new SseParser(found => events.Add(found with { At = 0 })).Feed(stream);
        return stream.EndsWith("\n\n"u8) ? events : throw new FormatException("The stream ends within an event.");
    }

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (bytes.IndexOf((byte)'\n') is var end and >= 0)
        {
            _line.Write(bytes[..end]);
            bytes = bytes[(end + 1)..];
            TakeLine(Encoding.UTF8.GetString(_line.WrittenSpan));
            _line.ResetWrittenCount();
        }

        _line.Write(bytes);
    }

    private void TakeLine(string line)
    {
        if (line.Contains('\r', StringComparison.Ordinal))
        {
            throw new FormatException($"A line end in a line: {line}");
        }

        if (line.Length == 0)
        {
            found(new SseEvent(_id, _name, _data?.ToString(), _retry, Stopwatch.GetTimestamp()));
            (_id, _name, _data, _retry) = (null, "", null, null);
            return;
        }

        var colon = line.IndexOf(':', StringComparison.Ordinal);
        var (field, value) = colon < 0 ? (line, "") : (line[..colon], line[(colon + 1)..]);
        value = value.StartsWith(' ') ? value[1..] : value;
        switch (field)
        {
            case "id":
                _id = value;
                hasId?.Invoke(new SseEvent(_id, _name, _data?.ToString(), _retry));
                break;
            case "event":
                _name = value;
                break;
            case "retry":
                _retry = value;
                break;
            case "data":
                _data = _data is null ? new StringBuilder(value) : _data.Append('\n').Append(value);
                break;
            default:
                throw new FormatException($"An unknown field in an event stream: {line}");
        }
    }
}
