using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using RigKafka.Listeners;

namespace RigKafka.Direct;

/// <summary>Accepts connections for the server; those too whose stream has ended, for the next request.</summary>
internal sealed class DirectListener : IConnectionListener, IEpollTarget
{
    /// <summary>How long it waits before it tries again where the system is short of files or memory.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>How long it waits for the last sockets to be closed: for a client's last word, and then for its end.</summary>
    private static readonly TimeSpan LongestClose = 2 * LingeringClose.Longest;

    /// <summary>
    /// How long a port that closes waits for what those want who have come last: afterwards the server ends each connection without a request.
    /// </summary>
    private static readonly TimeSpan LastRequests = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly Queue<DirectConnection> _returned = new();
    private readonly Socket _socket;
    private readonly SocketAddress _remote;
    private readonly EpollLoops _loops;
    private readonly EpollPlace _place;
    private readonly TimeProvider _time;
    private TaskCompletionSource? _arrival;
    private TaskCompletionSource? _allClosed;
    private int _closing;
    private long _lastId;
    private bool _isUnbound;

    /// <param name="socket">A listening socket, which does not block.</param>
    /// <param name="loops">The loops that connections are given to.</param>
    /// <param name="pool">What the server takes its buffers from; it is the listener's.</param>
    /// <param name="time">The clock.</param>
    public DirectListener(Socket socket, EpollLoops loops, MemoryPool<byte> pool, TimeProvider time)
    {
        (_socket, _loops, MemoryPool, _time, EndPoint) = (socket, loops, pool, time, socket.LocalEndPoint!);
        _remote = new SocketAddress(socket.AddressFamily);
        _place = loops.Next().Add(socket.SafeHandle, EpollEvents.In | EpollEvents.Edge, this)
            ?? throw new IOException("The listening socket cannot be waited for.");
    }

    public EndPoint EndPoint { get; }

    public MemoryPool<byte> MemoryPool { get; }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TaskCompletionSource? arrival = null;
            lock (_lock)
            {
                var isShort = false;
                if (_returned.TryDequeue(out var connection) || (!_isUnbound && TryAccept(out connection, out isShort)) || _isUnbound)
                {
                    return connection;
                }

                // The thread that tells goes on with the next ones.
                arrival = isShort ? null : _arrival = new TaskCompletionSource();
            }

            if (arrival is null)
            {
                await Task.Delay(Pause, _time, cancellationToken);
                continue;
            }

            await using var cancellation = cancellationToken.UnsafeRegister(
                static (arrival, token) => ((TaskCompletionSource)arrival!).TrySetCanceled(token), arrival);
            await arrival.Task;
        }
    }

    /// <summary>Takes a socket whose stream has ended well: gives it to the server again if that goes, else closes it.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="place">Where its events come from.</param>
    /// <param name="counted">Where it counts.</param>
    /// <param name="isReusable">Whether the client may send another request.</param>
    /// <param name="received">What was received already of that request; null for nothing.</param>
    public void TakeBack(DirectSocket socket, EpollPlace place, AcceptedConnections? counted, bool isReusable, byte[]? received)
    {
        TaskCompletionSource? arrival = null;
        lock (_lock)
        {
            isReusable = isReusable && !_isUnbound && TryReturn(socket, place, counted, received);
            if (isReusable)
            {
                (arrival, _arrival) = (_arrival, null);
            }
        }

        if (!isReusable)
        {
            BeginClose();
            Close(socket, place, counted);
        }
        else if (arrival is not null)
        {
            // A delivery loop has other things to do.
            ThreadPool.UnsafeQueueUserWorkItem(static arrival => arrival.TrySetResult(), arrival, preferLocal: false);
        }
    }

    /// <summary>A socket is going to be closed whose stream is over: the node that ends waits for that.</summary>
    public void BeginClose() => Interlocked.Increment(ref _closing);

    /// <summary>Closes it, and gives its client the time to read its last words.</summary>
    public void Close(DirectSocket socket, EpollPlace place, AcceptedConnections? counted) =>
        LingeringClose.Begin(socket, place, _time, () =>
        {
            counted?.Forget();
            EndClose();
        });

    /// <summary>It is closed.</summary>
    public void EndClose()
    {
        if (Interlocked.Decrement(ref _closing) == 0)
        {
            Volatile.Read(ref _allClosed)?.TrySetResult();
        }
    }

    public void OnEvents(EpollEvents events)
    {
        TaskCompletionSource? arrival;
        lock (_lock)
        {
            (arrival, _arrival) = (_arrival, null);
        }

        arrival?.TrySetResult();
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        TaskCompletionSource? arrival;
        DirectConnection[] returned;
        bool wasBound;
        lock (_lock)
        {
            (wasBound, _isUnbound, arrival, _arrival) = (!_isUnbound, true, _arrival, null);
            returned = [.. _returned];
            _returned.Clear();
            while (wasBound && TryAccept(out var waiting, out _))
            {
                // The system would reset it with the port, though its client may have sent a request.
                _returned.Enqueue(waiting!);
            }

            _place.Leave();
            _socket.Dispose();
        }

        arrival?.TrySetResult();
        foreach (var connection in returned)
        {
            await connection.DisposeAsync();
            connection.Features.Get<AcceptedConnections>()?.Forget();
        }

        if (wasBound)
        {
            // By the clock of the network, whatever the node's says.
            await Task.Delay(LastRequests, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Called once the server's connections have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        var allClosed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _allClosed, allClosed);
        // Either this sees that all are closed, or the last one sees who waits.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _closing) > 0)
        {
            await Task.WhenAny(allClosed.Task, Task.Delay(LongestClose, _time));
        }

        MemoryPool.Dispose();
    }

    public void OnLoopEnd()
    {
        // The server unbinds it.
    }

    private bool TryAccept(out DirectConnection? connection, out bool isShort)
    {
        while (DirectSocket.Accept(_socket.SafeHandle, _remote, out isShort) is { } socket)
        {
            connection = new DirectConnection(NextId(), socket, this, DirectSocket.EndPoint(_remote));
            if (connection.Begin(_loops.Next()))
            {
                return true;
            }

            socket.Dispose();
        }

        connection = null;
        return false;
    }

    private bool TryReturn(DirectSocket socket, EpollPlace place, AcceptedConnections? counted, byte[]? received)
    {
        if (socket.RemoteEndPoint(_remote.Family) is not { } remote)
        {
            return false;
        }

        var connection = new DirectConnection(NextId(), socket, this, remote, received);
        // It need not be let in again.
        connection.Features.Set(counted);
        if (!connection.Begin(place))
        {
            return false;
        }

        _returned.Enqueue(connection);
        return true;
    }

    private string NextId() => string.Create(null, $"D{++_lastId:X}");
}
