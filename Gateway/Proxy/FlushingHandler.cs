namespace RigKafka.Proxy;

/// <summary>Has bodies of unknown length sent on part by part.</summary>
internal sealed class FlushingHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is { } body && !body.Headers.NonValidated.Contains("Content-Length"))
        {
            request.Content = new FlushingContent(body);
        }

        return base.SendAsync(request, cancellationToken);
    }
}
