using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using RigKafka.Tests.Listeners;

namespace RigKafka.Tests.Proxy;

/// <summary>A service that writes what a test tells it, byte for byte, as no real server would.</summary>
internal sealed class RawService : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> _clients = [];
    private readonly ConcurrentQueue<string> _heads = new();
    private readonly Func<NetworkStream, int, Task> _answer;
    private readonly Task _accepting;
    private int _requests;
    private int _connections;

    private RawService(Func<NetworkStream, int, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The heads of the requests so far, Latin-1.</summary>
    public IReadOnlyCollection<string> Heads => _heads;

    /// <summary>How many connections have been made to it so far.</summary>
    public int Connections => _connections;

    /// <summary>Answers each request with these bytes.</summary>
    public static RawService Start(string answer) => Start((stream, _) => Write(stream, answer));

    /// <param name="answer">Called for each request once its head is there, with the number of requests before it.</param>
    public static RawService Start(Func<NetworkStream, int, Task> answer) => new(answer);

    public static Task Write(NetworkStream stream, string text) => stream.WriteAsync(Encoding.Latin1.GetBytes(text)).AsTask().WaitAsync(TestApp.Timeout);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        foreach (var client in _clients)
        {
            client.Dispose();
        }

        await _accepting.WaitAsync(TestApp.Timeout);
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                _clients.Add(client);
                Interlocked.Increment(ref _connections);
                _ = Serve(client.GetStream());
            }
        }
        catch (Exception end) when (end is SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task Serve(NetworkStream stream)
    {
        try
        {
            while (await ReadHead(stream) is { } head)
            {
                _heads.Enqueue(head);
                await _answer(stream, Interlocked.Increment(ref _requests) - 1);
            }
        }
        catch (Exception end) when (end is IOException or ObjectDisposedException)
        {
            // The gateway has closed the connection, or the test is over.
        }
    }

    private static async Task<string?> ReadHead(NetworkStream stream)
    {
        var head = new StringBuilder();
        var buffer = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(buffer) == 0)
            {
                return null;
            }

            head.Append((char)buffer[0]);
        }

        return head.ToString();
    }
}
