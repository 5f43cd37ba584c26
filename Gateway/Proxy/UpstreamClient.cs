using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using RigKafka.Http;
using RigKafka.Listeners;
using Yarp.ReverseProxy.Forwarder;

namespace RigKafka.Proxy;

/// <summary>What calls are forwarded with: one client for all services of a protocol, and another for those of it that are reached by TLS.</summary>
internal sealed class UpstreamClient : IDisposable
{
    /// <summary>So that a change in DNS is noticed by connections that are never idle.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    /// <summary>Of the head of an answer, and of all interim answers before it together.</summary>
    private const int MostHeadKilobytes = 1024;

    private static readonly ForwarderRequestConfig Http11 = new() { ActivityTimeout = Timeout.InfiniteTimeSpan, Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
    private static readonly ForwarderRequestConfig Http2 = new() { ActivityTimeout = Timeout.InfiniteTimeSpan, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    private readonly ServiceConnections _connections;
    private readonly IServiceProvider _services;
    private readonly RenewedHandler _plainHandler;
    private readonly RenewedHandler _secureHandler;
    private readonly HttpMessageInvoker _plain;
    private readonly HttpMessageInvoker _secure;
    private readonly HttpMessageInvoker _plainHttp2;
    private readonly HttpMessageInvoker _secureHttp2;

    public UpstreamClient(ProxyOptions options, ServiceConnections connections, IServiceProvider services)
    {
        (_connections, _services) = (connections, services);
        _plainHandler = new RenewedHandler(() => New(options, async (context, cancellation) => new ServiceConnection(await Connect(context, cancellation))));
        _secureHandler = new RenewedHandler(() => New(
            options,
            async (context, cancellation) => new ServiceConnection(await Secure(await Connect(context, cancellation), SslApplicationProtocol.Http11, context, cancellation))));
        _plain = Sender(_plainHandler);
        _secure = Sender(_secureHandler);
        // A connection of HTTP/2 that carries one call can carry the next: in a handler that is replaced it would keep its place, and take no more.
        // The framework's client for HTTP/2 looks at what kind of stream it is given.
        _plainHttp2 = Sender(New(options, async (context, cancellation) => await Connect(context, cancellation)));
        _secureHttp2 = Sender(New(options, async (context, cancellation) => await Secure(await Connect(context, cancellation), SslApplicationProtocol.Http2, context, cancellation)));

        HttpMessageInvoker Sender(HttpMessageHandler handler) => new(new ServiceHandler(options, new AnswerHandler(handler)));
    }

    public Upstream Upstream(string address, bool isHttp2)
    {
        var isSecure = address.StartsWith(Uri.UriSchemeHttps + Uri.SchemeDelimiter, StringComparison.Ordinal);
        // The framework has connections of their own for each Host, which is the client's to choose, where it knows of the TLS. HTTP/1.1 need not know.
        var sent = isSecure && !isHttp2 ? Uri.UriSchemeHttp + address[Uri.UriSchemeHttps.Length..] : address;
        return isHttp2
            ? new Upstream(sent, isSecure ? _secureHttp2 : _plainHttp2, Http2)
            : new Upstream(sent, isSecure ? _secure : _plain, Http11);
    }

    public void Dispose()
    {
        _plain.Dispose();
        _secure.Dispose();
        _plainHttp2.Dispose();
        _secureHttp2.Dispose();
    }

    private static SocketsHttpHandler New(ProxyOptions options, Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect)
        => new()
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = ConnectionLifetime,
            PooledConnectionIdleTimeout = options.IdleTimeout,
            Expect100ContinueTimeout = options.ExpectContinueTimeout,
            MaxResponseHeadersLength = MostHeadKilobytes,
            ConnectCallback = connect,
            // The framework would tell of a span of its own, which nobody is ever shown.
            ActivityHeadersPropagator = null,
            // Bytes, as they are for the server. The framework asks when it writes the header, which is the one sign it gives that
            // a request without a body is on its way now and has not still to wait for a connection.
            RequestHeaderEncodingSelector = (name, request) =>
            {
                if (name == ForwardedHeaders.Forwarded)
                {
                    CallTransformer.Sending(request);
                }

                return Encoding.Latin1;
            },
            // Left to itself the framework would take Location for UTF-8.
            ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        };

    private async Task<ServiceStream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        _connections.Take(closeIdle: CloseIdle);
        Socket? socket = null;
        try
        {
            socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            if (IsOwnApi((IPEndPoint)socket.RemoteEndPoint!))
            {
                throw new OwnApiException();
            }
        }
        catch
        {
            socket?.Dispose();
            _connections.Release();
            throw;
        }

        return new ServiceStream(socket, closed: _connections.Release);
    }

    private void CloseIdle()
    {
        _plainHandler.CloseIdle();
        _secureHandler.CloseIdle();
    }

    /// <summary>Asked of the address that was reached, whatever the name stood for a moment before.</summary>
    private bool IsOwnApi(IPEndPoint reached) =>
        (reached.Port == _services.ListenAddresses().Api.Port || reached.Port == _services.TlsListenAddresses()?.Api.Port) && OwnMachine.Has(reached.Address);

    /// <summary>Left to itself the framework would ask for a certificate of the name in Host, and not of the service's.</summary>
    private static async Task<SslStream> Secure(ServiceStream stream, SslApplicationProtocol protocol, SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var secure = new SslStream(stream);
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
}
