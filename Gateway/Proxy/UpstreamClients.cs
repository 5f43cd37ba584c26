using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Yarp.ReverseProxy.Forwarder;

namespace RigKafka.Proxy;

/// <summary>The clients that calls are forwarded with: one for all services, and one more for each that is reached by TLS.</summary>
internal sealed class UpstreamClients(ProxyOptions options) : IDisposable
{
    /// <summary>So that a change in DNS is noticed by connections that are never idle.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    private static readonly ForwarderRequestConfig Http11 = new() { ActivityTimeout = Timeout.InfiniteTimeSpan, Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
    private static readonly ForwarderRequestConfig Http2 = new() { ActivityTimeout = Timeout.InfiniteTimeSpan, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    private readonly HttpMessageInvoker _plain = New(options, serverName: null);
    private readonly ConcurrentDictionary<string, HttpMessageInvoker> _tls = new();

    public Upstream Upstream(string address, bool isHttp2)
    {
        var uri = new Uri(address);
        var client = uri.Scheme == Uri.UriSchemeHttps ? _tls.GetOrAdd(uri.IdnHost, host => New(options, host)) : _plain;
        return new Upstream(address, client, isHttp2 ? Http2 : Http11);
    }

    public void Dispose()
    {
        _plain.Dispose();
        foreach (var client in _tls.Values)
        {
            client.Dispose();
        }
    }

    private static HttpMessageInvoker New(ProxyOptions options, string? serverName)
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
        if (serverName is not null)
        {
            // The certificate is the service's, whatever Host the client asked for.
            sockets.SslOptions.TargetHost = serverName;
        }

        return new HttpMessageInvoker(new FlushingHandler(sockets), disposeHandler: true);
    }
}
