using System.Net;
using System.Net.Sockets;
using RigKafka.Http;
using RigKafka.Listeners;
using RigKafka.Telemetry;

namespace RigKafka.Proxy;

/// <summary>Opens the connections to services: as many as this node may have, and none to its own API.</summary>
internal sealed class ServiceConnections
{
    /// <summary>
    /// Idle connections are closed no more often than this: the next calls need them again, and have to wait for new ones.
    /// </summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly int _most;
    private readonly IServiceProvider _services;
    private readonly TimeProvider _time;
    private int _open;
    private long? _lastClosed;

    public ServiceConnections(FileShares shares, IServiceProvider services, GatewayMetrics metrics, TimeProvider time)
    {
        (_most, _services, _time) = (shares.Services, services, time);
        metrics.ObserveTcpConnections(AcceptedConnections.Peers.Services, () => Volatile.Read(ref _open), _most);
    }

    /// <summary>
    /// Opens a connection. Throws if there is no place for it, even after idle connections were closed, or if it leads to this node's API.
    /// </summary>
    /// <param name="service">The host and port of the service.</param>
    /// <param name="closeIdle">Closes the connections that no call uses. It is called if there is no place, at most once a second.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public async ValueTask<Stream> Open(DnsEndPoint service, Action closeIdle, CancellationToken cancellation)
    {
        Take(closeIdle);
        Socket? socket = null;
        try
        {
            socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(service, cancellation);
            if (IsOwnApi((IPEndPoint)socket.RemoteEndPoint!))
            {
                throw new OwnApiException();
            }
        }
        catch
        {
            socket?.Dispose();
            Release();
            throw;
        }

        return new CountedStream(socket, this);
    }

    private void Take(Action closeIdle)
    {
        if (TryTake())
        {
            return;
        }

        if (MayCloseIdle())
        {
            closeIdle();
        }

        if (!TryTake())
        {
            throw new NoConnectionLeftException();
        }
    }

    private bool TryTake()
    {
        if (Interlocked.Increment(ref _open) <= _most)
        {
            return true;
        }

        Release();
        return false;
    }

    private void Release() => Interlocked.Decrement(ref _open);

    private bool MayCloseIdle()
    {
        lock (_lock)
        {
            if (_lastClosed is { } last && _time.GetElapsedTime(last) < Pause)
            {
                return false;
            }

            _lastClosed = _time.GetTimestamp();
            return true;
        }
    }

    /// <summary>Looks at the address that was reached, whatever the name meant a moment before.</summary>
    private bool IsOwnApi(IPEndPoint reached)
        => (reached.Port == _services.ListenAddresses().Api.Port || reached.Port == _services.TlsListenAddresses()?.Api.Port)
        && OwnMachine.Has(reached.Address);

    /// <summary>A connection that gives its place back when it is closed.</summary>
    private sealed class CountedStream(Socket socket, ServiceConnections connections) : NetworkStream(socket, ownsSocket: true)
    {
        private int _isClosed;

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (Interlocked.Exchange(ref _isClosed, 1) == 0)
            {
                connections.Release();
            }
        }
    }
}

/// <summary>This node has as many connections to services as it may have.</summary>
internal sealed class NoConnectionLeftException : Exception;

/// <summary>A definition leads to the API port of this node, which clients must not reach.</summary>
internal sealed class OwnApiException : IOException;
