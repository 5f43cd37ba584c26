using System.Net;

namespace RigKafka.Proxy;

/// <summary>Sends a request so that an early refusal of its body is heard, and once more where the service cannot have begun with it.</summary>
internal sealed class ServiceHandler(ProxyOptions options, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        => request.Content is { } body ? SendBody(request, new ServiceBody(body), cancellationToken) : SendNoBody(request, cancellationToken);

    private async Task<HttpResponseMessage> SendBody(HttpRequestMessage request, ServiceBody body, CancellationToken cancellationToken)
    {
        request.Content = body;
        // HTTP/2 can refuse a body without closing the connection.
        var asks = options.AsksBeforeBodies && request.Version.Major == 1 && request.Headers.ExpectContinue != true && !(body.Headers.ContentLength <= options.ExpectContinueMinBytes);
        if (asks)
        {
            request.Headers.ExpectContinue = true;
        }

        var response = await base.SendAsync(request, cancellationToken);
        if (asks && response.StatusCode == HttpStatusCode.ExpectationFailed && !body.IsStarted)
        {
            // The service knows no expectations, and may take the body all the same (RFC 9110, section 10.1.1).
            response.Dispose();
            request.Headers.ExpectContinue = false;
            response = await base.SendAsync(request, cancellationToken);
        }

        return response;
    }

    private async Task<HttpResponseMessage> SendNoBody(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException failure) when (failure.InnerException is ServiceLostException { WasIdle: true } && IsSafe(request.Method))
        {
            return await base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>RFC 9110, section 9.2.1: a service that has begun with it all the same has done no harm.</summary>
    private static bool IsSafe(HttpMethod method) => method == HttpMethod.Get || method == HttpMethod.Head || method == HttpMethod.Options;
}
