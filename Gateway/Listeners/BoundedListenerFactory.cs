using System.Net;
using Microsoft.AspNetCore.Connections;

namespace RigKafka.Listeners;

/// <summary>Puts the bounds on open connections around the transport of the server.</summary>
internal sealed class BoundedListenerFactory(IConnectionListenerFactory inner, AcceptedConnections clients, AcceptedConnections api, AcceptGate gate)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        => new BoundedListener(await inner.BindAsync(endpoint, cancellationToken), endpoint is ListenEndPoint { IsApi: true } ? api : clients, gate);

    public bool CanBind(EndPoint endpoint) => inner is not IConnectionListenerFactorySelector selector || selector.CanBind(endpoint);
}
