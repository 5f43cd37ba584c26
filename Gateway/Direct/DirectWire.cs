using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using RigKafka.Connections;
using RigKafka.Listeners;

namespace RigKafka.Direct;

/// <summary>
/// Writes straight to a socket: past the server, while the request that came in on it goes on; or without the server, once it has taken the
/// socket over. Then it also reads, if what it carries is a protocol in which the client speaks. See docs/decisions/0013-direct-transport.md.
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

    /// <summary>What the client says, where somebody listens to it.</summary>
    private DirectReader? _incoming;

    private TaskCompletionSource<int>? _room;
    private bool _isReusable;
    private bool _isClientDone;
    private bool _isAborted;
    private bool _isOver;
    private bool _isClosed;

    public override bool HoldsBytes => false;

    /// <summary>The last chunk of HTTP/1.1's chunked coding (RFC 9112, section 7.1).</summary>
    private static ReadOnlySpan<byte> LastChunk => "0\r\n\r\n"u8;

    /// <summary>
    /// Takes the socket over from the server, whose request then has to end. From here on the connection's end is the socket's, and nobody
    /// listens to its client.
    /// </summary>
    /// <param name="connection">The connection of this wire.</param>
    /// <param name="isReusable">Whether its client may send another request afterwards.</param>
    /// <param name="left">Called once, when the connection has ended.</param>
    /// <returns>False when the client or the connection has ended, so that everything is as it was.</returns>
    public bool TakeOver(Connection connection, bool isReusable, Action<Connection> left)
    {
        lock (socket)
        {
            (_connection, _isReusable, _left) = (connection, isReusable, left);
            return TakeOver();
        }
    }

    /// <summary>
    /// Takes the socket over in both directions: its user reads what the client sends, and calls <see cref="Close"/> when that is over.
    /// </summary>
    /// <returns>What the client sends; null when it has ended, so that everything is as it was.</returns>
    public PipeReader? TakeOverBoth()
    {
        lock (socket)
        {
            if (!TakeOver())
            {
                return null;
            }

            _incoming = new DirectReader(socket, new Lock(), static () => { }, _unread);
            _unread = null;
            return _incoming;
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
            else if (!_isClosed && !_isAborted)
            {
                _isAborted = true;
                _place.Leave();
                socket.Reset();
            }
        }

        OnWritable();
        if (_incoming is not null)
        {
            // Not in this thread: who aborts may hold locks of its own.
            ThreadPool.UnsafeQueueUserWorkItem(static reader => reader.OnReadable(isClientDone: false), _incoming, preferLocal: false);
        }
    }

    /// <summary>
    /// Ends the answer and lets go of the socket, if it is the wire's; else the server does. One that is read from as well stays open until
    /// <see cref="Close"/>.
    /// </summary>
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
        if (_incoming is not null)
        {
            _listener!.BeginClose();
            return;
        }

        // Before the client can know that it may come back.
        _left!(_connection!);
        if (!CloseAborted(isAborted: _isClientDone || IsGone(reason) || TryWrite(LastChunk) < LastChunk.Length))
        {
            _listener!.TakeBack(socket, _place, _counted, _isReusable && !reason.MovesOn, _unread);
        }
    }

    /// <summary>Closes a socket that was taken over in both directions, when its connection has ended: last words still arrive.</summary>
    public void Close()
    {
        _incoming!.Complete();
        if (CloseAborted(isAborted: false))
        {
            _listener!.EndClose();
        }
        else
        {
            _listener!.Close(socket, _place, _counted);
        }
    }

    public void OnEvents(EpollEvents events)
    {
        OnWritable();
        lock (socket)
        {
            if (_incoming is null)
            {
                if (_isOver || (events & EpollEvents.Ended) == 0)
                {
                    return;
                }

                _isClientDone = true;
            }
        }

        if (_incoming is null)
        {
            _connection!.Close(CloseReason.ClientGone);
        }
        else if ((events & (EpollEvents.In | EpollEvents.Ended)) != 0)
        {
            // That the client has ended its side is noticed when all that it sent before was read.
            _incoming.OnReadable(isClientDone: false);
        }
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

    private bool TakeOver()
    {
        if (_isOver || !_server!.LetGo(out _place, out _unread))
        {
            return false;
        }

        _listener = _server.Listener;
        _counted = _server.Features.Get<AcceptedConnection>()?.HandOver();
        _server = null;
        return true;
    }

    /// <summary>Resets the socket if it has to be, or was. False where there is more to do.</summary>
    private bool CloseAborted(bool isAborted)
    {
        lock (socket)
        {
            _isClosed = true;
            isAborted |= _isAborted;
        }

        if (isAborted)
        {
            _place.Leave();
            socket.Reset();
            _counted?.Forget();
        }

        return isAborted;
    }

    private static bool IsGone(CloseReason reason) => reason == CloseReason.ClientGone || reason == CloseReason.SlowConsumer;
}
