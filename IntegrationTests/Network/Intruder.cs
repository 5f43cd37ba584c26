using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RigKafka.IntegrationTests.Network;

/// <summary>A TCP connection that means no good.</summary>
internal sealed class Intruder : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    /// <param name="port">A port of a node on the loopback device.</param>
    /// <param name="host">The last part of the address that it comes from, 127.0.0.x.</param>
    public static async Task<Intruder> Connect(int port, byte host = 2)
    {
        var intruder = new Intruder();
        intruder._socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, host]), 0));
        await intruder._socket.ConnectAsync(IPAddress.Loopback, port).Soon();
        return intruder;
    }

    /// <summary>Sends, and says whether the connection still took it.</summary>
    public async Task<bool> Send(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _socket.SendAsync(bytes).Soon();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public Task<bool> Send(string text) => Send(Encoding.ASCII.GetBytes(text));

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

    /// <summary>Everything that the node says until it ends the connection.</summary>
    public async Task<string> ReadToEnd()
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await _socket.ReceiveAsync(buffer).Soon() is var read and > 0)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (SocketException)
        {
            // A reset is an end too.
        }

        return text.ToString();
    }

    public void Dispose() => _socket.Dispose();
}
