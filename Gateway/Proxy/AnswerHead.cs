using System.Text;

namespace RigKafka.Proxy;

/// <summary>
/// Reads the head of a service's answer as its bytes arrive. An answer without a body (204, 205, 304) that announces one all the same must
/// be the last on its connection: a body may follow, and the next call would take it for its answer. The framework's client may have given
/// the connection to another call before anyone sees the answer, but it does what the head says. So the head gets a <c>Connection:
/// close</c>.
/// </summary>
internal sealed class AnswerHead
{
    /// <summary>Replaces the empty line at the end of such a head.</summary>
    public static readonly ReadOnlyMemory<byte> LastEnd = "Connection: close\r\n\r\n"u8.ToArray();

    private const string ContentLength = "Content-Length";
    private const string TransferEncoding = "Transfer-Encoding";

    /// <summary>The beginning of a line: enough for its name, and for a length of 0.</summary>
    private readonly byte[] _line = new byte[40];

    private int _length;
    private Part _part = Part.Status;
    private bool _isBodiless;
    private bool _announcesBody;

    private enum Part
    {
        Status,
        Fields,
        Body,
    }

    /// <summary>
    /// The number of bytes to pass on. If it is not all of them, <see cref="LastEnd"/> replaces the others, and the answer ends there.
    /// </summary>
    public int Read(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length && _part != Part.Body; i++)
        {
            if (_length == 0 && _announcesBody && bytes[i] is (byte)'\r' or (byte)'\n')
            {
                _part = Part.Body;
                return i;
            }

            if (bytes[i] == '\n')
            {
                EndLine();
                _length = 0;
                continue;
            }

            if (_length < _line.Length)
            {
                _line[_length] = bytes[i];
            }

            _length++;
        }

        return bytes.Length;
    }

    private void EndLine()
    {
        var line = Encoding.Latin1.GetString(_line.AsSpan(0, Math.Min(_length, _line.Length)));
        if (_part == Part.Status)
        {
            BeginHead(line);
        }
        else if (line is "" or "\r")
        {
            // Another head follows only after an interim answer.
            _part = _isBodiless ? Part.Body : Part.Status;
        }
        else if (_isBodiless)
        {
            _announcesBody |= Announces(line);
        }
    }

    private void BeginHead(string line)
    {
        var status = line.Length >= 12 ? line[9..12] : "";
        _isBodiless = status is "204" or "205" or "304";
        _part = _isBodiless || (status.StartsWith('1') && status != "101") ? Part.Fields : Part.Body;
    }

    /// <summary>Whether a line announces a body. If in doubt, as with a value that goes on in the next line, it does.</summary>
    private bool Announces(string line)
    {
        if (line[0] is ' ' or '\t' || NameIs(line, TransferEncoding))
        {
            return true;
        }

        return NameIs(line, ContentLength)
            && (_length > _line.Length || line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() != "0");
    }

    private static bool NameIs(string line, string name)
        => line.StartsWith(name, StringComparison.OrdinalIgnoreCase) && line[name.Length..].TrimStart(' ') is "" or [':', ..];
}
