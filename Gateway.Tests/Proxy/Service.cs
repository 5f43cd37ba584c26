using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace RigKafka.Tests.Proxy;

/// <summary>A service behind the gateway: a real server on a free port, which does what a test tells it.</summary>
internal sealed class Service : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly WebApplication _app;

    private Service(RequestDelegate handle, HttpProtocols protocols)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.ResponseHeaderEncodingSelector = _ => System.Text.Encoding.Latin1;
            kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = protocols);
        });
        _app = builder.Build();
        _app.UseWebSockets();
        Handle = handle;
        _app.Run(context => Handle(context));
    }

    /// <summary>What it does with a request.</summary>
    public RequestDelegate Handle { get; set; }

    public int Port { get; private set; }

    public static async Task<Service> Start(RequestDelegate handle, HttpProtocols protocols = HttpProtocols.Http1)
    {
        var service = new Service(handle, protocols);
        await service._app.StartAsync().WaitAsync(Patience);
        service.Port = new Uri(service._app.Urls.Single()).Port;
        return service;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync().AsTask().WaitAsync(Patience);
}
