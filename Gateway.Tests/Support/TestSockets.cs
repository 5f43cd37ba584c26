using System.Net;
using System.Net.Sockets;
using System.Text;
using NUnit.Framework;

namespace RigKafka.Tests.Support;

/// <summary>Clients with a socket each, which say what no client of the framework would.</summary>
internal sealed class TestSockets : IDisposable
{
    private readonly List<Socket> _sockets = [];

    /// <param name="port">Where to.</param>
    /// <param name="receiveBuffer">The bytes that the kernel keeps for a client that does not read; 0 for the system's choice.</param>
    public async Task<Socket> Connect(int port, int receiveBuffer = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0)
        {
            socket.ReceiveBufferSize = receiveBuffer;
        }

        lock (_sockets)
        {
            _sockets.Add(socket);
        }

        await socket.ConnectAsync(IPAddress.Loopback, port).Soon();
        return socket;
    }

    /// <summary>Comes again until a connection is not reset: the others may not be where they give way yet.</summary>
    public Task AskUntilServed(int port) => Wait.Until(() => IsServed(port), "a new connection is served");

    private async Task<bool> IsServed(int port)
    {
        try
        {
            await Ask(await Connect(port), "/short");
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Sends a request and reads the head of its answer.</summary>
    public static async Task Ask(Socket socket, string path)
    {
        await Send(socket, $"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.That(await Answer(socket), Does.StartWith("HTTP/1.1 20"));
    }

    public static async Task Send(Socket socket, string text) => await socket.SendAsync(Encoding.ASCII.GetBytes(text));

    /// <summary>Reads up to the end of a head.</summary>
    public static async Task<string> Answer(Socket socket)
    {
        var (buffer, text) = (new byte[4096], "");
        while (!text.EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer).Soon();
            Assert.That(read, Is.Positive, "the connection has ended");
            text += Encoding.ASCII.GetString(buffer, 0, read);
        }

        return text;
    }

    /// <summary>Not a mere end: a reset leaves nothing to wait for on either side.</summary>
    public static Task ExpectReset(Socket socket) => ExpectReset(() => Task.FromResult(socket));

    /// <param name="connect">Gives the socket; a new one may be reset before the caller has it.</param>
    public static async Task ExpectReset(Func<Task<Socket>> connect)
    {
        var error = SocketError.Success;
        try
        {
            var socket = await connect();
            await socket.ReceiveAsync(new byte[1]).Soon();
        }
        catch (SocketException failure)
        {
            error = failure.SocketErrorCode;
        }

        Assert.That(error, Is.EqualTo(SocketError.ConnectionReset));
    }

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());
}
