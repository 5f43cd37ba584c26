using System.Net;
using Microsoft.AspNetCore.Connections;

namespace RigKafka.Listeners;

/// <summary>A transport's listener that hands on no more connections than may be open.</summary>
internal sealed class BoundedListener(IConnectionListener inner, AcceptedConnections connections, AcceptGate gate) : IConnectionListener
{
    private readonly TaskCompletionSource _unbound = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EndPoint EndPoint => inner.EndPoint;

    /// <summary>The server passes no token: it is by unbinding that it ends the wait.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await Accept() is { } accepted)
        {
            if (connections.Take(accepted) is { } taken)
            {
                return taken;
            }
        }

        return null;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        var unbinding = inner.UnbindAsync(cancellationToken);
        _unbound.TrySetResult();
        return unbinding;
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async ValueTask<ConnectionContext?> Accept()
    {
        while (true)
        {
            // A node stops also while hardly a file is left; who had come before the port closed is let in then.
            await Task.WhenAny(gate.Pass(), _unbound.Task);
            try
            {
                return await inner.AcceptAsync(_unbound.Task.IsCompleted ? CancellationToken.None : gate.Shut);
            }
            catch (OperationCanceledException)
            {
                // Hardly a file is left, and the gate knows when there are some again.
            }
        }
    }
}
