using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using RigKafka.Listeners;

namespace RigKafka.Direct;

/// <summary>The server's transport: our own on the plain ports, the server's on those with TLS.</summary>
internal sealed class DirectTransport(
    ListenerOptions options, EpollLoops loops, SocketTransportFactory others, IMemoryPoolFactory<byte> pools, TimeProvider time)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>How many connections may wait to be accepted, as on the server's own transport.</summary>
    private const int Backlog = 512;

    public bool CanBind(EndPoint endpoint) => IsDirect(endpoint) || others.CanBind(endpoint);

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        IsDirect(endpoint) ? new ValueTask<IConnectionListener>(Bind(endpoint)) : others.BindAsync(endpoint, cancellationToken);

    private static bool IsDirect(EndPoint endpoint) => endpoint is ListenEndPoint { IsTls: false };

    private DirectListener Bind(EndPoint endpoint)
    {
        Socket socket;
        try
        {
            socket = ListenEndPoint.Bind(endpoint, options.TcpUserTimeoutMs);
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(failure.Message, failure);
        }

        // Linux gives every accepted socket the options of this one.
        socket.NoDelay = true;
        socket.Blocking = false;
        socket.Listen(Backlog);
        return new DirectListener(socket, loops, pools.Create(), time);
    }
}
