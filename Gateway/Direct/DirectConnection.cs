using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace RigKafka.Direct;

/// <summary>
/// An accepted socket as the server wants it: a reader and a writer that receive and send themselves, with no pipe in between. A
/// <see cref="DirectWire"/> can write past the server, and take the socket over.
/// </summary>
internal sealed class DirectConnection : DefaultConnectionContext, IDuplexPipe, IConnectionSocketFeature, IMemoryPoolFeature, IEpollTarget
{
    /// <summary>How much of what the client has sent is read and forgotten at the end: what is not read makes the system reset.</summary>
    private const int MostUnread = 1 << 20;

    private readonly Lock _gate = new();
    private readonly DirectSocket _socket;
    private readonly DirectReader _reader;
    private readonly DirectWriter _writer;

    /// <summary>Without a timer or a handle there is nothing to dispose of.</summary>
    private readonly CancellationTokenSource _closed = new();
    private EpollPlace _place;
    private DirectWire? _wire;
    private bool _isTakenOver;
    private bool _isClosed;
    private bool _isClientDone;

    /// <param name="id">Its name in the server's log.</param>
    /// <param name="socket">The socket.</param>
    /// <param name="listener">Where it came in, and may be given back.</param>
    /// <param name="remote">The client's address.</param>
    /// <param name="received">What was received already of the next request; null for nothing.</param>
    public DirectConnection(string id, DirectSocket socket, DirectListener listener, IPEndPoint remote, byte[]? received = null)
        : base(id)
    {
        (_socket, Listener, RemoteEndPoint) = (socket, listener, remote);
        _reader = new DirectReader(socket, _gate, TellClosed, received);
        _writer = new DirectWriter(socket, _gate);
        Transport = this;
        ConnectionClosed = _closed.Token;
        Features.Set(this);
        Features.Set<IConnectionSocketFeature>(this);
        // The one that the server would take instead gives no memory to a writer that does not say how much it needs.
        Features.Set<IMemoryPoolFeature>(this);
    }

    public DirectListener Listener { get; }

    public MemoryPool<byte> MemoryPool => Listener.MemoryPool;

    public PipeReader Input => _reader;

    public PipeWriter Output => _writer;

    public override EndPoint? LocalEndPoint
    {
        get => field ??= _socket.LocalEndPoint(RemoteEndPoint!.AddressFamily);
        set;
    }

    /// <summary>For those who ask for an option. It does not own the descriptor.</summary>
    Socket IConnectionSocketFeature.Socket => field ??= new Socket(new SafeSocketHandle(_socket.DangerousGetHandle(), ownsHandle: false));

    /// <summary>Listens to what happens to the socket. False when the system cannot tell.</summary>
    public bool Begin(EpollLoop loop)
    {
        lock (_gate)
        {
            var place = loop.Add(_socket, EpollEvents.Connection, this);
            _place = place ?? default;
            return place is not null;
        }
    }

    /// <summary>The same, where the socket has a place already.</summary>
    public bool Begin(EpollPlace place)
    {
        lock (_gate)
        {
            _place = place;
            place.HandTo(this);
            return place.Arm(_socket);
        }
    }

    /// <summary>A wire that writes past the server, whose flushes must have completed.</summary>
    public DirectWire OpenWire()
    {
        lock (_gate)
        {
            return _wire = new DirectWire(this, _socket);
        }
    }

    /// <summary>
    /// Lets go of the socket: from here on it is the wire's. What the server still writes is dropped, and what it reads is at its end.
    /// </summary>
    /// <param name="place">Where the socket's events come from; they go to the wire.</param>
    /// <param name="unread">What the server has received and not read; null for nothing.</param>
    /// <returns>False when the client has gone, or the server is not done with it.</returns>
    public bool LetGo(out EpollPlace place, out byte[]? unread)
    {
        lock (_gate)
        {
            (place, unread) = (_place, null);
            if (_isClosed || _isTakenOver || _isClientDone || _reader.IsOver || !_reader.IsAtRest || !_writer.IsEmpty)
            {
                return false;
            }

            _isTakenOver = true;
            unread = _reader.End();
            _writer.End();
            place.HandTo(_wire!);
            return true;
        }
    }

    public void OnEvents(EpollEvents events)
    {
        DirectWire? wire;
        bool isClientDone, isTakenOver;
        lock (_gate)
        {
            _isClientDone |= (events & EpollEvents.Ended) != 0;
            (wire, isClientDone, isTakenOver) = (_wire, _isClientDone, _isTakenOver);
        }

        if (isTakenOver)
        {
            // The event was on its way here when the wire took over.
            wire!.OnEvents(events);
            return;
        }

        if ((events & (EpollEvents.Out | EpollEvents.Ended)) != 0)
        {
            _writer.OnWritable();
            wire?.OnWritable();
        }

        if ((events & (EpollEvents.In | EpollEvents.Ended)) != 0)
        {
            _reader.OnReadable(isClientDone);
        }
    }

    /// <summary>Resets it; the server learns that through what it waits for.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        lock (_gate)
        {
            if (_isClosed || _isTakenOver)
            {
                return;
            }

            _reader.Fail(abortReason);
            Close();
            _socket.Reset();
        }

        TellClosed();
        // Not in this thread: who aborts may hold locks of its own.
        ThreadPool.UnsafeQueueUserWorkItem(
            static connection => connection.OnEvents(EpollEvents.Connection | EpollEvents.Ended), this, preferLocal: false);
    }

    public override ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (!_isClosed && !_isTakenOver)
            {
                Close();
                _socket.EndSending();
                var most = MostUnread;
                _socket.Skip(ref most);
                _socket.Dispose();
            }
        }

        return base.DisposeAsync();
    }

    public void OnLoopEnd() => Abort(new ConnectionAbortedException("The node has ended."));

    private void Close()
    {
        _isClosed = true;
        _place.Leave();
    }

    private void TellClosed() => _ = _closed.CancelAsync();
}
