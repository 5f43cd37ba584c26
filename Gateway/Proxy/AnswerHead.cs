using System.Text;

namespace RigKafka.Proxy;

/// <summary>
/// The head of a service's answer to one request, looked at as its bytes arrive. An answer that has no body (204, 205, 304) and announces
/// one all the same is the last on its connection: nobody can tell whether a body follows, which the next call would take for its answer.
/// The framework's client goes by what the head says, and may have given the connection to another call before anyone sees the answer, so
/// the head has to say it.
/// </summary>
internal sealed class AnswerHead
{
    /// <summary>Put in the place of the empty line that ends such a head.</summary>
    public static readonly ReadOnlyMemory<byte> LastEnd = "Connection: close\r\n\r\n"u8.ToArray();

    private const string ContentLength = "Content-Length";
    private const string TransferEncoding = "Transfer-Encoding";

    /// <summary>Enough of each line for what is asked of it.</summary>
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
    /// Gives how many of the bytes are to be passed on: all, unless <see cref="LastEnd"/> and nothing more takes the place of the others.
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
            // Only after an interim answer does another head follow.
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

    /// <summary>In doubt, as where a value goes on in another line, it does.</summary>
    private bool Announces(string line)
    {
        if (line[0] is ' ' or '\t' || NameIs(line, TransferEncoding))
        {
            return true;
        }

        return NameIs(line, ContentLength) && (_length > _line.Length || line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() != "0");
    }

    private static bool NameIs(string line, string name)
        => line.StartsWith(name, StringComparison.OrdinalIgnoreCase) && line[name.Length..].TrimStart(' ') is "" or [':', ..];
}
