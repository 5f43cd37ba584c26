namespace RigKafka.Proxy;

/// <summary>Sends by the framework's handler, and by another one once that one's idle connections are to be closed, which it has no other way to be told.</summary>
internal sealed class RenewedHandler(Func<HttpMessageHandler> make) : HttpMessageHandler
{
    private HttpMessageInvoker _current = new(make());

    /// <summary>Closes the connections that are idle now. Those in use are closed when they would become so.</summary>
    public void CloseIdle() => Interlocked.Exchange(ref _current, new HttpMessageInvoker(make())).Dispose();

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var current = Volatile.Read(ref _current);
            try
            {
                return current.SendAsync(request, cancellationToken);
            }
            catch (ObjectDisposedException) when (current != Volatile.Read(ref _current))
            {
                // It was replaced meanwhile, and has not begun.
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _current.Dispose();
        }

        base.Dispose(disposing);
    }
}
