using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace RigKafka.Tests.Support;

/// <summary>A service behind the gateway: a real server on a free port, which does what a test tells it.</summary>
internal sealed class Service : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Service(RequestDelegate handle, HttpProtocols protocols, (string Certificate, string Key)? tls, IPAddress address, Encoding? requestHeaders)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.RequestHeaderEncodingSelector = _ => requestHeaders;
            kestrel.Listen(address, 0, listener =>
            {
                listener.Protocols = protocols;
                if (tls is { } pem)
                {
                    var chain = new X509Certificate2Collection();
                    chain.ImportFromPem(pem.Certificate);
                    listener.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = X509Certificate2.CreateFromPem(pem.Certificate, pem.Key), ServerCertificateChain = chain });
                }
            });
        });
        _app = builder.Build();
        _app.UseWebSockets();
        Handle = handle;
        _app.Run(context => Handle(context));
    }

    /// <summary>What it does with a request.</summary>
    public RequestDelegate Handle { get; set; }

    public int Port { get; private set; }

    /// <param name="handle">What it does with a request.</param>
    /// <param name="protocols">What it speaks.</param>
    /// <param name="tls">A certificate and its key in PEM, for one that is reached by TLS.</param>
    /// <param name="address">Where it listens; where every test does, if none is given.</param>
    /// <param name="requestHeaders">How it reads the headers of a request; as UTF-8 if nothing is said.</param>
    public static async Task<Service> Start(RequestDelegate handle, HttpProtocols protocols = HttpProtocols.Http1, (string Certificate, string Key)? tls = null, IPAddress? address = null, Encoding? requestHeaders = null)
    {
        var service = new Service(handle, protocols, tls, address ?? IPAddress.Loopback, requestHeaders);
        await service._app.StartAsync().Soon();
        service.Port = new Uri(service._app.Urls.Single()).Port;
        return service;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync().Soon();
}
