using System.Net;
using Microsoft.AspNetCore.Http.Features;
using RigKafka.Apis;
using RigKafka.Http;
using RigKafka.Telemetry;
using Yarp.ReverseProxy.Forwarder;

namespace RigKafka.Proxy;

/// <summary>
/// Makes the request to a service from a call, and the answer to the client from the service's; tells the timer of the call how far it is.
/// </summary>
internal sealed class CallTransformer(ApiRoute route, CallHeaders headers, CallTimer timer, bool hasBody) : HttpTransformer
{
    /// <summary>The key of the call's timer in the options of a request without a body.</summary>
    private static readonly HttpRequestOptionsKey<CallTimer> Timer = new("rig.timer");

    /// <summary>The framework would decode and encode again what is escaped in a path or query.</summary>
    private static readonly UriCreationOptions Untouched = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        var target = httpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        proxyRequest.RequestUri = new(destinationPrefix + target, Untouched);
        headers.Write(httpContext, proxyRequest, route);
        if (!hasBody)
        {
            proxyRequest.Options.Set(Timer, timer);
        }
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
        {
            return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        }

        timer.AnswerBegan();
        CallSpan.Of(httpContext)?.Answered((int)proxyResponse.StatusCode);
        if (proxyResponse.Headers.NonValidated.Contains(RequestId.Header))
        {
            httpContext.Response.Headers.Remove(RequestId.Header);
        }

        var isCopied = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse.Headers.NonValidated.TryGetValues("Connection", out var named))
        {
            CallHeaders.RemoveNamed(named.ToString(), name => httpContext.Response.Headers.Remove(name));
        }

        var content = proxyResponse.Content;
        if (proxyResponse.StatusCode is not HttpStatusCode.SwitchingProtocols && !content.Headers.NonValidated.Contains("Content-Length"))
        {
            var body = await content.ReadAsStreamAsync(cancellationToken);
            proxyResponse.Content = new StreamContent(new PromptBody(body, httpContext.Response));
        }

        return isCopied;
    }

    /// <summary>To be called when the first header of a request is about to be written: then the request has a connection.</summary>
    public static void Sending(HttpRequestMessage request)
    {
        if (request.Options.TryGetValue(Timer, out var timer))
        {
            timer.RequestSent();
        }
    }

    /// <summary>
    /// The body of an answer of unknown length. If the service has sent the head and nothing more yet, as an event stream without an event
    /// does, the client gets the head at once: it may wait for it to know that it is connected.
    /// </summary>
    private sealed class PromptBody(Stream body, HttpResponse response) : ForwardOnlyStream
    {
        private bool _isBegun;

        public override bool CanRead => true;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var reading = body.ReadAsync(buffer, cancellationToken);
            if (_isBegun || reading.IsCompleted)
            {
                _isBegun |= buffer.Length > 0;
                return reading;
            }

            _isBegun = true;
            return SendHeadFirst(reading, cancellationToken);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                body.Dispose();
            }

            base.Dispose(disposing);
        }

        private async ValueTask<int> SendHeadFirst(ValueTask<int> reading, CancellationToken cancellation)
        {
            var pending = reading.AsTask();
            await response.Body.FlushAsync(cancellation);
            return await pending;
        }
    }
}
