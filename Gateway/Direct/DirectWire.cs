using Microsoft.AspNetCore.Connections;
using RigKafka.Connections;
using RigKafka.Listeners;

namespace RigKafka.Direct;

/// <summary>
/// Writes straight to a socket: past the server, while the request that came in on it goes on; or without the server, once it has taken the
/// socket over. See docs/decisions/0013-direct-transport.md.
/// </summary>
/// <param name="server">What the server has.</param>
/// <param name="socket">The socket, whose lock is this wire's too.</param>
internal sealed class DirectWire(DirectConnection server, DirectSocket socket) : Wire, IEpollTarget
{
    /// <summary>
    /// How much goes to the kernel at once while the client is behind: small enough to see that it takes something at all.
    /// </summary>
    private const int Slice = 16 * 1024;

    /// <summary>Whose the socket is; null once it is the wire's, which then knows the rest.</summary>
    private DirectConnection? _server = server;
    private Connection? _connection;
    private Action<Connection>? _left;
    private DirectListener? _listener;
    private AcceptedConnections? _counted;
    private EpollPlace _place;
    private byte[]? _unread;

    private TaskCompletionSource<int>? _room;
    private bool _isReusable;
    private bool _isClientDone;
    private bool _isAborted;
    private bool _isOver;

    public override bool HoldsBytes => false;

    /// <summary>The last chunk of HTTP/1.1's chunked coding (RFC 9112, section 7.1).</summary>
    private static ReadOnlySpan<byte> LastChunk => "0\r\n\r\n"u8;

    /// <summary>
    /// Takes the socket over from the server, whose request then has to end. From here on the connection's end is the socket's.
    /// </summary>
    /// <param name="connection">The connection of this wire.</param>
    /// <param name="isReusable">Whether its client may send another request afterwards.</param>
    /// <param name="left">Called once, when the connection has ended.</param>
    /// <returns>False when the client or the connection has ended, so that everything is as it was.</returns>
    public bool TakeOver(Connection connection, bool isReusable, Action<Connection> left)
    {
        lock (socket)
        {
            if (_isOver || !_server!.LetGo(out _place, out _unread))
            {
                return false;
            }

            (_connection, _isReusable, _left) = (connection, isReusable, left);
            _listener = _server.Listener;
            _counted = _server.Features.Get<AcceptedConnection>()?.HandOver();
            _server = null;
            return true;
        }
    }

    public override int TryWrite(ReadOnlySpan<byte> bytes)
    {
        var taken = 0;
        while (taken < bytes.Length)
        {
            var sent = socket.Send(bytes[taken..]);
            if (sent < 0)
            {
                return sent == DirectSocket.Later ? taken : -1;
            }

            taken += sent;
        }

        return taken;
    }

    public override ValueTask<int> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        lock (socket)
        {
            // Once more under the lock: there may be room since the last time, and no event is going to say so.
            var taken = TryWrite(bytes.Span[..Math.Min(bytes.Length, Slice)]);
            return taken != 0 ? new ValueTask<int>(taken) : new ValueTask<int>((_room = new TaskCompletionSource<int>()).Task);
        }
    }

    public override void Abort()
    {
        lock (socket)
        {
            if (_server is not null)
            {
                _server.Abort(new ConnectionAbortedException("The gateway has broken the connection off."));
            }
            else if (!_isOver && !_isAborted)
            {
                _isAborted = true;
                _place.Leave();
                socket.Reset();
            }
        }

        OnWritable();
    }

    /// <summary>Ends the answer and lets go of the socket, if it is the wire's; else the server does.</summary>
    public override void Finish(CloseReason reason)
    {
        lock (socket)
        {
            _isOver = true;
            if (_server is not null)
            {
                return;
            }
        }

        OnWritable();
        // Before the client can know that it may come back.
        _left!(_connection!);
        if (_isAborted || _isClientDone || IsGone(reason) || TryWrite(LastChunk) < LastChunk.Length)
        {
            _place.Leave();
            socket.Reset();
            _counted?.Forget();
        }
        else
        {
            _listener!.TakeBack(socket, _place, _counted, _isReusable, _unread);
        }
    }

    public void OnEvents(EpollEvents events)
    {
        OnWritable();
        if ((events & EpollEvents.Ended) == 0)
        {
            return;
        }

        lock (socket)
        {
            if (_isOver)
            {
                return;
            }

            _isClientDone = true;
        }

        _connection!.Close(CloseReason.ClientGone);
    }

    /// <summary>The socket may have room again, or be broken.</summary>
    public void OnWritable()
    {
        TaskCompletionSource<int>? room;
        lock (socket)
        {
            (room, _room) = (_room, null);
        }

        room?.TrySetResult(0);
    }

    public void OnLoopEnd() => Abort();

    private static bool IsGone(CloseReason reason) => reason == CloseReason.ClientGone || reason == CloseReason.SlowConsumer;
}
