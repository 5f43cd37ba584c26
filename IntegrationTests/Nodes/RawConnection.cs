using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RigKafka.IntegrationTests.Nodes;

/// <summary>One TCP connection that speaks HTTP/1 by hand, so that a test sees what a client library would hide.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket;
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    private RawConnection(Socket socket) => _socket = socket;

    /// <param name="server">Whom to connect to.</param>
    /// <param name="receiveBuffer">The bytes that the kernel keeps for us while we do not read; 0 for the system's choice.</param>
    public static async Task<RawConnection> Open(Uri server, int receiveBuffer = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0)
        {
            socket.ReceiveBufferSize = receiveBuffer;
        }

        await socket.ConnectAsync(IPAddress.Loopback, server.Port).Soon();
        return new RawConnection(socket);
    }

    public static string Request(string method, string target, string headers = "", string version = "1.1") =>
        $"{method} {target} HTTP/{version}\r\nHost: localhost\r\n{headers}\r\n";

    public Task Send(ReadOnlyMemory<byte> bytes) => _socket.SendAsync(bytes).Soon();

    public Task Send(string text) => _socket.SendAsync(Encoding.UTF8.GetBytes(text)).Soon();

    /// <summary>Sends a request and reads the head of the response to it.</summary>
    public async Task<RawResponse> Ask(string method, string target, string headers = "", string version = "1.1")
    {
        await Send(Request(method, target, headers, version));
        return await ReadHead().Soon();
    }

    public async Task<RawResponse> ReadHead()
    {
        var status = (await ReadLine()).Split(' ', 3);
        var headers = new List<KeyValuePair<string, string>>();
        while (await ReadLine() is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add(new(line[..colon], line[(colon + 1)..].Trim()));
        }

        return new RawResponse(status[0], int.Parse(status[1], CultureInfo.InvariantCulture), headers);
    }

    /// <summary>The whole body of a response that ends.</summary>
    public async Task<string> ReadBody(RawResponse response)
    {
        using var body = new MemoryStream();
        await foreach (var block in ReadBlocks(response))
        {
            body.Write(block.Span);
        }

        return Encoding.UTF8.GetString(body.ToArray());
    }

    /// <summary>The body as it comes in. Ends with the body; throws when the connection ends before that.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadBlocks(RawResponse response)
    {
        if (!response.IsChunked)
        {
            // Without a length the body is all that comes until the end of the connection (RFC 9112, section 6.3).
            var left = response["content-length"] is { } length ? long.Parse(length, CultureInfo.InvariantCulture) : long.MaxValue;
            while (left > 0 && (_start < _end || await Fill()))
            {
                yield return Take(left, ref left);
            }

            yield break;
        }

        while (int.Parse(await ReadLine(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) is var size && size > 0)
        {
            for (long left = size; left > 0;)
            {
                if (_start == _end)
                {
                    await FillOrThrow();
                }

                yield return Take(left, ref left);
            }

            await ReadLine();
        }

        await ReadLine();
    }

    /// <summary>So many bytes, or null when the connection ends before that.</summary>
    public async Task<byte[]?> ReadBytes(int count)
    {
        while (_end - _start < count)
        {
            if (!await Fill())
            {
                return null;
            }
        }

        _start += count;
        return _buffer[(_start - count).._start];
    }

    /// <summary>Sends no more, but goes on reading.</summary>
    public void HalfClose()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The other side was faster.
        }
    }

    /// <summary>Closes with a FIN.</summary>
    public void Dispose() => _socket.Dispose();

    /// <summary>Closes with an RST.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    private ReadOnlyMemory<byte> Take(long most, ref long left)
    {
        var length = (int)Math.Min(most, _end - _start);
        var block = _buffer.AsMemory(_start, length);
        _start += length;
        left -= length;
        return block;
    }

    private async Task<string> ReadLine()
    {
        int length;
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0)
        {
            await FillOrThrow();
        }

        var line = Encoding.UTF8.GetString(_buffer, _start, length);
        _start += length + 2;
        return line;
    }

    private async Task FillOrThrow()
    {
        if (!await Fill())
        {
            throw new EndOfStreamException();
        }
    }

    private async Task<bool> Fill()
    {
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
        }
        else if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var read = await _socket.ReceiveAsync(_buffer.AsMemory(_end));
        _end += read;
        return read > 0;
    }
}
