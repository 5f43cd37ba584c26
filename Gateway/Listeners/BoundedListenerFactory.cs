using System.Net;
using Microsoft.AspNetCore.Connections;

namespace RigKafka.Listeners;

/// <summary>Puts the bounds on open connections around the transport of the server.</summary>
internal sealed class BoundedListenerFactory(
    IConnectionListenerFactory inner, AcceptedConnections clients, AcceptedConnections api, AcceptGate gate)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var connections = endpoint is ListenEndPoint { IsApi: true } ? api : clients;
        return new BoundedListener(await inner.BindAsync(endpoint, cancellationToken), connections, gate);
    }

    public bool CanBind(EndPoint endpoint) => inner is not IConnectionListenerFactorySelector selector || selector.CanBind(endpoint);
}
