using System.Net;

namespace RigKafka.Proxy;

/// <summary>Looks at the head of a service's answer: one that cannot be passed on is none, and a body where there can be none is left out.</summary>
internal sealed class AnswerHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const string TransferEncoding = "Transfer-Encoding";
    private const string ContentLength = "Content-Length";

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var connection = ServiceConnection.Watch();
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.ResetContent or HttpStatusCode.NotModified)
        {
            LeaveBodyOut(request, response, connection.Value);
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

    /// <summary>RFC 9112, section 6.3. What length a 304 names is that of another answer (RFC 9110, section 8.6), and a service that sends as much is not told from one that does not.</summary>
    private static void LeaveBodyOut(HttpRequestMessage request, HttpResponseMessage response, ServiceConnection? connection)
    {
        var (body, isHead) = (response.Content, request.Method == HttpMethod.Head);
        var length = body.Headers.NonValidated.TryGetValues(ContentLength, out var lengths) ? lengths.ToString() : "0";
        response.Content = new ByteArrayContent([]);
        foreach (var (name, values) in body.Headers.NonValidated)
        {
            if (!name.Equals(ContentLength, StringComparison.OrdinalIgnoreCase) || response.StatusCode == HttpStatusCode.NotModified)
            {
                response.Content.Headers.TryAddWithoutValidation(name, values);
            }
        }

        if (!isHead && (length != "0" || response.Headers.NonValidated.Contains(TransferEncoding)))
        {
            connection?.Dispose();
        }

        body.Dispose();
    }
}
