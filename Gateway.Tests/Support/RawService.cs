using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RigKafka.Tests.Support;

/// <summary>A service behind the gateway that a test writes byte for byte: it does with each connection what it is told, and closes it.</summary>
internal sealed class RawService : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<Socket, int, Task> _handle;
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;

    private RawService(Func<Socket, int, Task> handle)
    {
        _handle = handle;
        _listener.Start(1000);
        _accepting = Accept();
    }

    /// <summary>How many connections have been made to it so far.</summary>
    public int Connections { get; private set; }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <param name="handle">What it does with a connection, and with the how manieth, from 1 on.</param>
    public static RawService Start(Func<Socket, int, Task> handle) => new(handle);

    /// <param name="answer">What it does with each request, on whatever connection, and with the number of requests before it.</param>
    public static RawService Answer(Func<Socket, int, Task> answer)
    {
        var requests = 0;
        return new(async (socket, _) =>
        {
            while ((await ReadHead(socket)).EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                await answer(socket, Interlocked.Increment(ref requests) - 1);
            }
        });
    }

    /// <summary>The head of a request, its empty line included, each byte a character; shorter where the connection ended before.</summary>
    public static async Task<string> ReadHead(Socket socket)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await socket.ReceiveAsync(one).Soon() > 0)
        {
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    public static async Task Write(Socket socket, string text)
    {
        for (var rest = Encoding.Latin1.GetBytes(text).AsMemory(); rest.Length > 0;)
        {
            rest = rest[await socket.SendAsync(rest).Soon()..];
        }
    }

    /// <summary>Has the end of the connection be a reset.</summary>
    public static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting.Soon();
        await Task.WhenAll(_connections).Soon();
    }

    private async Task Accept()
    {
        try
        {
            for (var number = 1; ; number++)
            {
                var socket = await _listener.AcceptSocketAsync();
                Connections = number;
                _connections.Add(Serve(socket, number));
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task Serve(Socket socket, int number)
    {
        using (socket)
        {
            try
            {
                await _handle(socket, number);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The gateway went.
            }
        }
    }
}
