using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http.Features;

namespace RigKafka.Telemetry;

/// <summary>The span of a call to a service, below that of the request which it is made for. The service is told of this one.</summary>
internal sealed class CallSpan : IDisposable
{
    private readonly Activity _span;

    private CallSpan(Activity span) => _span = span;

    /// <summary>The headers that tell the service.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Told => RequestSpan.Headers(_span.Id, _span.TraceStateString);

    public static CallSpan? Of(HttpContext context) => context.Features.Get<CallSpan>();

    /// <summary>Starts it. Null where the request has no span.</summary>
    /// <param name="context">The request, which knows its route.</param>
    /// <param name="address">Scheme, host and port of the service.</param>
    public static CallSpan? Start(HttpContext context, string address)
    {
        if (RequestSpan.Of(context) is not { } request)
        {
            return null;
        }

        var service = new Uri(address);
        // Without the query, which may hold a token.
        var path = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];
        var span = SpanSource.Start(request.Name, ActivityKind.Client, request.Context, new()
        {
            [RequestSpan.MethodTag] = request.Method,
            ["url.template"] = request.Route,
            ["url.full"] = address + path,
            ["server.address"] = service.Host,
            ["server.port"] = service.Port,
        });
        if (span is null)
        {
            return null;
        }

        var call = new CallSpan(span);
        context.Features.Set(call);
        return call;
    }

    /// <summary>The service has answered. To the caller of a service 4xx is an error too.</summary>
    public void Answered(int status)
    {
        _span.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status400BadRequest)
        {
            _span.Fail(status.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The call did not reach its end.</summary>
    public void Failed(string reason) => _span.Fail(reason);

    public void Dispose() => _span.Dispose();
}
