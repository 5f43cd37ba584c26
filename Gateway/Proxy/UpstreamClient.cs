using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Yarp.ReverseProxy.Forwarder;

namespace RigKafka.Proxy;

/// <summary>The client that calls are forwarded with, one for all services.</summary>
internal sealed class UpstreamClient(ProxyOptions options) : IDisposable
{
    /// <summary>So that a change in DNS is noticed by connections that are never idle.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    private static readonly ForwarderRequestConfig Http11 = new() { ActivityTimeout = Timeout.InfiniteTimeSpan, Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
    private static readonly ForwarderRequestConfig Http2 = new() { ActivityTimeout = Timeout.InfiniteTimeSpan, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    private readonly HttpMessageInvoker _client = New(options);

    public Upstream Upstream(string address, bool isHttp2) => new(address, _client, isHttp2 ? Http2 : Http11);

    public void Dispose() => _client.Dispose();

    private static HttpMessageInvoker New(ProxyOptions options)
    {
        var sockets = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = ConnectionLifetime,
            ConnectCallback = Connect,
            ActivityHeadersPropagator = new ReverseProxyPropagator(DistributedContextPropagator.Current),
            // As bytes come in as UTF-8, so they go out. The framework asks when it writes the header, which is the one sign it gives that
            // a request without a body is on its way now and has not still to wait for a connection.
            RequestHeaderEncodingSelector = (name, request) =>
            {
                if (name == ForwardedHeaders.Forwarded)
                {
                    CallTransformer.Sending(request);
                }

                return Encoding.UTF8;
            },
        };
        return new HttpMessageInvoker(new FlushingHandler(sockets), disposeHandler: true);
    }

    /// <summary>Left to itself the framework would ask for a certificate of the name in Host, which is the client's to choose, and not of the service's.</summary>
    private static async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var stream = new NetworkStream(socket, ownsSocket: true);
        return context.InitialRequestMessage.RequestUri!.Scheme == Uri.UriSchemeHttps ? await Secure(stream, context, cancellation) : stream;
    }

    private static async Task<SslStream> Secure(NetworkStream stream, SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var secure = new SslStream(stream);
        try
        {
            await secure.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = context.DnsEndPoint.Host,
                    ApplicationProtocols = [context.InitialRequestMessage.Version == HttpVersion.Version20 ? SslApplicationProtocol.Http2 : SslApplicationProtocol.Http11],
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
