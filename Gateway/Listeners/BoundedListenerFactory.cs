using System.Net;
using Microsoft.AspNetCore.Connections;
using RigKafka.Telemetry;

namespace RigKafka.Listeners;

/// <summary>Puts the bounds on open connections around whichever transport the server has.</summary>
internal sealed class BoundedListenerFactory(IConnectionListenerFactory inner, FileShares shares, AcceptGate gate, GatewayMetrics metrics, TimeProvider time, ILogger<AcceptedConnections> logger)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly AcceptedConnections _clients = new(isApi: false, shares, metrics, time, logger);
    private readonly AcceptedConnections _api = new(isApi: true, shares, metrics, time, logger);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        => new BoundedListener(await inner.BindAsync(endpoint, cancellationToken), endpoint is ListenEndPoint { IsApi: true } ? _api : _clients, gate);

    public bool CanBind(EndPoint endpoint) => inner is not IConnectionListenerFactorySelector selector || selector.CanBind(endpoint);
}
