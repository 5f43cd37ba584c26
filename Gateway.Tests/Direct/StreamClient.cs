using System.Net.Sockets;
using System.Text;
using NUnit.Framework;

namespace RigKafka.Tests.Direct;

/// <summary>A client with a socket of its own, which sees every byte.</summary>
internal sealed class StreamClient(Socket socket)
{
    private readonly StringBuilder _received = new();

    public Socket Socket => socket;

    public Task Send(string text) => TestSockets.Send(socket, text);

    /// <summary>Reads up to a text, and returns what came with it.</summary>
    public async Task<string> ReadTo(string end)
    {
        var buffer = new byte[65_536];
        while (true)
        {
            var at = _received.ToString().IndexOf(end, StringComparison.Ordinal);
            if (at >= 0)
            {
                var read = _received.ToString(0, at + end.Length);
                _received.Remove(0, read.Length);
                return read;
            }

            var count = await socket.ReceiveAsync(buffer).Soon();
            Assert.That(count, Is.Positive, $"the connection has ended after: {_received}");
            _received.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
    }

    public async Task ExpectBeginning()
    {
        Assert.That(await ReadTo("\r\n\r\n"), Does.StartWith("HTTP/1.1 200").And.Contain("Transfer-Encoding: chunked"));
        Assert.That(await ReadTo(StreamServer.Beginning), Is.EqualTo(StreamServer.Beginning));
    }

    /// <summary>The next answer, to <c>/short</c>.</summary>
    public async Task ExpectShortAnswer()
    {
        Assert.That(await ReadTo("\r\n\r\n"), Does.StartWith("HTTP/1.1 200"));
        Assert.That(await ReadTo(StreamServer.LastChunk), Is.EqualTo("5\r\nshort\r\n" + StreamServer.LastChunk));
    }

    public async Task AskShort()
    {
        await Send("GET /short HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await ExpectShortAnswer();
    }

    /// <summary>All that comes until the server ends its side, which it does in due form.</summary>
    public async Task<string> ReadToEnd()
    {
        var buffer = new byte[65_536];
        for (int count; (count = await socket.ReceiveAsync(buffer).Soon()) > 0;)
        {
            _received.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        var rest = _received.ToString();
        _received.Clear();
        return rest;
    }

    /// <summary>Closes with a reset.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }
}
