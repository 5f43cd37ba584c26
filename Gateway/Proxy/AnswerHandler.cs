using System.Net;

namespace RigKafka.Proxy;

/// <summary>Looks at the head of a service's answer: one that cannot be passed on is none, and a body where there can be none is left out.</summary>
internal sealed class AnswerHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const string TransferEncoding = "Transfer-Encoding";
    private const string ContentLength = "Content-Length";

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ServiceConnection.Watch(request.Method == HttpMethod.Head ? null : new AnswerHead());
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.ResetContent or HttpStatusCode.NotModified)
        {
            LeaveBodyOut(response);
        }
        else if (Fault(request, response) is { } fault)
        {
            response.Dispose();
            throw new HttpRequestException(HttpRequestError.InvalidResponse, fault);
        }

        return response;
    }

    private static string? Fault(HttpRequestMessage request, HttpResponseMessage response)
    {
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols && !request.Headers.NonValidated.Contains("Upgrade"))
        {
            return "The service took up another protocol, unasked.";
        }

        if (response.StatusCode < HttpStatusCode.Continue)
        {
            return "The status is none.";
        }

        // The framework has taken chunked off; another coding would stay, and its name would be lost.
        return response.Headers.NonValidated.TryGetValues(TransferEncoding, out var codings) && !codings.ToString().Equals("chunked", StringComparison.OrdinalIgnoreCase)
            ? "The body has a transfer coding that is not known."
            : null;
    }

    /// <summary>RFC 9112, section 6.3. What length a 304 names is that of another answer (RFC 9110, section 8.6).</summary>
    private static void LeaveBodyOut(HttpResponseMessage response)
    {
        var body = response.Content;
        response.Content = new ByteArrayContent([]);
        foreach (var (name, values) in body.Headers.NonValidated)
        {
            if (!name.Equals(ContentLength, StringComparison.OrdinalIgnoreCase) || response.StatusCode == HttpStatusCode.NotModified)
            {
                response.Content.Headers.TryAddWithoutValidation(name, values);
            }
        }

        body.Dispose();
    }
}
