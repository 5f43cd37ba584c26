using System.Net;
using System.Net.Sockets;

namespace RigKafka.IntegrationTests.Nodes;

/// <summary>The network between clients and a node or a broker. It can be cut, hang, be slow, close one way only, and it can lead to another node, as a balancer does.</summary>
internal sealed class Relay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Lock _lock = new();
    private readonly HashSet<Socket> _open = [];

    /// <summary>Those of the open ones that came, and that may be told something.</summary>
    private readonly HashSet<Socket> _clients = [];
    private Uri _node;
    private bool _isCut;
    private volatile Task _answers = Task.CompletedTask;
    private volatile Task _all = Task.CompletedTask;
    private long _delayTicks;

    private Relay(Uri node)
    {
        _node = node;
        _listener.Start();
        _ = Accept();
    }

    /// <summary>Where the clients connect to.</summary>
    public Uri Address => new($"http://{_listener.LocalEndpoint}");

    public static Relay To(Uri node) => new(node);

    /// <summary>Breaks off what is open, wherever it stands, and lets nothing through until it is mended.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            _isCut = true;
            foreach (var socket in _open)
            {
                Reset(socket);
            }

            _open.Clear();
            _clients.Clear();
        }
    }

    /// <summary>Lets connections through again.</summary>
    /// <param name="node">To this node; null for the same.</param>
    public void Mend(Uri? node = null)
    {
        lock (_lock)
        {
            (_node, _isCut) = (node ?? _node, false);
        }
    }

    /// <summary>Keeps back what the node answers, until the task that is given has ended. What clients send gets through.</summary>
    public void HoldAnswers(Task until) => _answers = until;

    /// <summary>Keeps everything back, both ways, until the task that is given has ended: as a cable that is pulled, for a while.</summary>
    public void Hold(Task until) => _all = until;

    /// <summary>Has everything take so much longer, each way.</summary>
    public void Delay(TimeSpan time) => Volatile.Write(ref _delayTicks, time.Ticks);

    /// <summary>Tells those who came that nothing follows any more, on each connection that is open. What they send still gets through.</summary>
    public void CloseAnswers()
    {
        lock (_lock)
        {
            foreach (var client in _clients)
            {
                try
                {
                    client.Shutdown(SocketShutdown.Send);
                }
                catch (SocketException)
                {
                    // It has just gone.
                }
            }

            _clients.Clear();
        }
    }

    public void Dispose()
    {
        Cut();
        _listener.Dispose();
    }

    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                _ = Serve(await _listener.AcceptSocketAsync());
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task Serve(Socket client)
    {
        using var node = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        try
        {
            int port;
            lock (_lock)
            {
                if (_isCut)
                {
                    Reset(client);
                    return;
                }

                port = _node.Port;
                _open.UnionWith([client, node]);
                _clients.Add(client);
            }

            await node.ConnectAsync(IPAddress.Loopback, port);
            // The first that ends ends both.
            await await Task.WhenAny(Pass(client, node, () => Task.CompletedTask), Pass(node, client, () => _answers));
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // One of the two is gone.
        }
        finally
        {
            lock (_lock)
            {
                _open.ExceptWith([client, node]);
                _clients.Remove(client);
            }

            client.Dispose();
        }
    }

    private async Task Pass(Socket from, Socket to, Func<Task> held)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReceiveAsync(buffer) is > 0 and var read)
        {
            await held();
            await _all;
            if (Volatile.Read(ref _delayTicks) is > 0 and var ticks)
            {
                await Task.Delay(TimeSpan.FromTicks(ticks));
            }

            for (var sent = 0; sent < read;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, read - sent));
            }
        }
    }
}
