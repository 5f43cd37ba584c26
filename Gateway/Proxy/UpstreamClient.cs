using System.Net;
using System.Net.Security;
using System.Text;
using Yarp.ReverseProxy.Forwarder;

namespace RigKafka.Proxy;

/// <summary>
/// Sends calls to services, with one client for each protocol (HTTP/1.1 and HTTP/2, plain and over TLS), which all its services share.
/// </summary>
internal sealed class UpstreamClient : IDisposable
{
    /// <summary>So that a change in DNS is noticed by connections that are never idle.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    /// <summary>Of the head of an answer, and of all interim answers before it together.</summary>
    private const int MostHeadKilobytes = 1024;

    private static readonly ForwarderRequestConfig Http11 = Exactly(HttpVersion.Version11);
    private static readonly ForwarderRequestConfig Http2 = Exactly(HttpVersion.Version20);

    private readonly IHttpForwarder _forwarder;
    private readonly ProxyOptions _options;
    private readonly ServiceConnections _connections;
    private readonly ReplaceableHandler _plainHandler;
    private readonly ReplaceableHandler _secureHandler;
    private readonly HttpMessageInvoker _plain;
    private readonly HttpMessageInvoker _secure;
    private readonly HttpMessageInvoker _plainHttp2;
    private readonly HttpMessageInvoker _secureHttp2;

    public UpstreamClient(IHttpForwarder forwarder, ProxyOptions options, ServiceConnections connections)
    {
        (_forwarder, _options, _connections) = (forwarder, options, connections);
        _plainHandler = new ReplaceableHandler(() => New(
            async (context, cancellation) => new ServiceStream(await Connect(context, cancellation))));
        _secureHandler = new ReplaceableHandler(() => New(
            async (context, cancellation) => new ServiceStream(await ConnectSecure(context, SslApplicationProtocol.Http11, cancellation))));
        _plain = Sender(_plainHandler);
        _secure = Sender(_secureHandler);
        // A connection of HTTP/2 that carries one call can carry the next: in a handler that is replaced it would keep its place, and take
        // no more. The framework's client for HTTP/2 looks at what kind of stream it is given.
        _plainHttp2 = Sender(New(Connect));
        _secureHttp2 = Sender(New((context, cancellation) => ConnectSecure(context, SslApplicationProtocol.Http2, cancellation)));

        HttpMessageInvoker Sender(HttpMessageHandler handler) => new(new ServiceHandler(options, handler));
    }

    /// <summary>Sends the call to the service at an address: scheme, host and port.</summary>
    public ValueTask<ForwarderError> Send(
        HttpContext context, string address, bool isHttp2, HttpTransformer transformer, CancellationToken cancellation)
    {
        var isSecure = address.StartsWith(Uri.UriSchemeHttps + Uri.SchemeDelimiter, StringComparison.Ordinal);
        if (isHttp2)
        {
            return _forwarder.SendAsync(context, address, isSecure ? _secureHttp2 : _plainHttp2, Http2, transformer, cancellation);
        }

        // Where the framework knows of TLS, it has connections of their own for each Host, which the client chooses. HTTP/1.1 works without
        // that knowledge.
        var sent = isSecure ? Uri.UriSchemeHttp + address[Uri.UriSchemeHttps.Length..] : address;
        return _forwarder.SendAsync(context, sent, isSecure ? _secure : _plain, Http11, transformer, cancellation);
    }

    public void Dispose()
    {
        _plain.Dispose();
        _secure.Dispose();
        _plainHttp2.Dispose();
        _secureHttp2.Dispose();
    }

    private static ForwarderRequestConfig Exactly(Version version)
        => new() { ActivityTimeout = Timeout.InfiniteTimeSpan, Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    private SocketsHttpHandler New(Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect)
        => new()
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = _options.ConnectTimeout,
            PooledConnectionLifetime = ConnectionLifetime,
            PooledConnectionIdleTimeout = _options.IdleTimeout,
            Expect100ContinueTimeout = _options.ExpectContinueTimeout,
            MaxResponseHeadersLength = MostHeadKilobytes,
            ConnectCallback = connect,
            // The framework would send the id of a span of its own, which is never exported.
            ActivityHeadersPropagator = null,
            // Bytes, as they are for the server. The framework asks when it writes the header. That is its only sign that a request without
            // a body is on its way now, and does not still wait for a connection.
            RequestHeaderEncodingSelector = (name, request) =>
            {
                if (name == ForwardedHeaders.Forwarded)
                {
                    CallTransformer.Sending(request);
                }

                return Encoding.Latin1;
            },
            // By default the framework would read Location as UTF-8.
            ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        };

    private ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellation)
        => _connections.Open(context.DnsEndPoint, CloseIdle, cancellation);

    /// <summary>By default the framework would ask for a certificate for the name in Host, and not for the service's own.</summary>
    private async ValueTask<Stream> ConnectSecure(
        SocketsHttpConnectionContext context, SslApplicationProtocol protocol, CancellationToken cancellation)
    {
        var secure = new SslStream(await Connect(context, cancellation));
        try
        {
            await secure.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = context.DnsEndPoint.Host,
                    ApplicationProtocols = [protocol],
                },
                cancellation);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync();
            throw;
        }
    }

    private void CloseIdle()
    {
        _plainHandler.CloseIdle();
        _secureHandler.CloseIdle();
    }

    /// <summary>Closes idle connections by replacing the framework's handler, which has no other way to be told.</summary>
    private sealed class ReplaceableHandler(Func<HttpMessageHandler> make) : HttpMessageHandler
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
}
