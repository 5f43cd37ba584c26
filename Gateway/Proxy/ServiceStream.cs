using System.Net.Sockets;

namespace RigKafka.Proxy;

/// <summary>A connection to a service, which says when it is closed.</summary>
internal sealed class ServiceStream(Socket socket, Action closed) : NetworkStream(socket, ownsSocket: true)
{
    private int _isClosed;

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            closed();
        }
    }
}
