using System.Net;
using Microsoft.Net.Http.Headers;

namespace RigKafka.Proxy;

/// <summary>
/// Sends a request so that an early refusal of its body is heard, and sends it once more if the service cannot have begun with it. An
/// answer that cannot be passed on counts as no answer, and a body is removed where there must not be one.
/// </summary>
internal sealed class ServiceHandler(ProxyOptions options, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        => request.Content is { } body
            ? SendBody(request, new ServiceBody(body), cancellationToken)
            : SendNoBody(request, cancellationToken);

    private async Task<HttpResponseMessage> SendBody(HttpRequestMessage request, ServiceBody body, CancellationToken cancellationToken)
    {
        request.Content = body;
        // HTTP/2 can refuse a body without closing the connection.
        var asks = options.AsksBeforeBodies && request.Version.Major == 1 && request.Headers.ExpectContinue != true
            && !(body.Headers.ContentLength <= options.ExpectContinueMinBytes);
        if (asks)
        {
            request.Headers.ExpectContinue = true;
        }

        var response = await SendOnce(request, cancellationToken);
        if (asks && response.StatusCode == HttpStatusCode.ExpectationFailed && !body.IsStarted)
        {
            // The service does not know the expectation, and may take the body all the same (RFC 9110, section 10.1.1).
            response.Dispose();
            request.Headers.ExpectContinue = false;
            response = await SendOnce(request, cancellationToken);
        }

        return response;
    }

    private async Task<HttpResponseMessage> SendNoBody(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await SendOnce(request, cancellationToken);
        }
        catch (HttpRequestException failure)
            when (failure.InnerException is ServiceLostException { WasIdle: true } && IsSafe(request.Method))
        {
            return await SendOnce(request, cancellationToken);
        }
    }

    private async Task<HttpResponseMessage> SendOnce(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ServiceStream.Watch(request.Method == HttpMethod.Head ? null : new AnswerHead());
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.ResetContent or HttpStatusCode.NotModified)
        {
            RemoveBody(response);
        }
        else if (Mistake(request, response) is { } mistake)
        {
            response.Dispose();
            throw new HttpRequestException(HttpRequestError.InvalidResponse, mistake);
        }

        return response;
    }

    /// <summary>RFC 9110, section 9.2.1: it does no harm if a service has begun with the first request all the same.</summary>
    private static bool IsSafe(HttpMethod method) => method == HttpMethod.Get || method == HttpMethod.Head || method == HttpMethod.Options;

    private static string? Mistake(HttpRequestMessage request, HttpResponseMessage response)
    {
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols && !request.Headers.NonValidated.Contains(HeaderNames.Upgrade))
        {
            return "The service switched protocols without being asked to.";
        }

        if (response.StatusCode < HttpStatusCode.Continue)
        {
            return "The status is not an HTTP status.";
        }

        // The framework has removed chunked; another coding would stay, and its name would be lost.
        return response.Headers.NonValidated.TryGetValues(HeaderNames.TransferEncoding, out var codings)
            && !codings.ToString().Equals("chunked", StringComparison.OrdinalIgnoreCase)
            ? "The body has an unknown transfer coding."
            : null;
    }

    /// <summary>RFC 9112, section 6.3. The length in a 304 is that of another answer (RFC 9110, section 8.6).</summary>
    private static void RemoveBody(HttpResponseMessage response)
    {
        var body = response.Content;
        var keepsLength = response.StatusCode == HttpStatusCode.NotModified;
        response.Content = new ByteArrayContent([]);
        foreach (var (name, values) in body.Headers.NonValidated)
        {
            if (keepsLength || !name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase))
            {
                response.Content.Headers.TryAddWithoutValidation(name, values);
            }
        }

        body.Dispose();
    }
}
