using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using RigKafka.Settings;

namespace RigKafka.Listeners;

internal static class ListenersFeature
{
    /// <summary>The runtime reads it when the process makes its first socket, and knows no other way to be told.</summary>
    private const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static void AddListeners(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var options = settings.Read<ListenerOptions>();
        Environment.SetEnvironmentVariable(InlineCompletions, Environment.GetEnvironmentVariable(InlineCompletions) ?? "1");
        // Container images of the framework set this one, and Kestrel would warn at every start that it is not followed.
        builder.WebHost.UseSetting(WebHostDefaults.HttpPortsKey, "");
        builder.Services.Configure<SocketTransportOptions>(sockets =>
        {
            sockets.NoDelay = true;
            // A flush completes when the kernel has the bytes: what waits for a slow client waits in its outbox, where it is bounded,
            // and a stream whose flush has completed may be written to directly.
            sockets.MaxWriteBufferSize = 1;
            // With the variable below: a request is answered on the thread that polled its socket. To wake another one costs more than to
            // answer, and nothing here blocks.
            sockets.UnsafePreferInlineScheduling = true;
            sockets.CreateBoundListenSocket = endpoint => ListenSocket.Bind(endpoint, options.TcpUserTimeoutMs);
        });
        builder.Services.AddSingleton(options).AddSingleton(settings.Read<ApiTokenOptions>());
        builder.Services.AddHostedService<Announcement>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestLineSize = options.RequestLineMaxBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = options.HeadersMaxBytes;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromMilliseconds(options.HeadersTimeoutMs);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMilliseconds(options.KeepAliveTimeoutMs);
            kestrel.Listen(options, options.InboundPort, listener => listener.Protocols = HttpProtocols.Http1);
            kestrel.Listen(options, options.ApiPort, listener =>
            {
                listener.Protocols = HttpProtocols.Http1;
                listener.Use(ApiListener.MarkConnection);
            });
        });
    }

    /// <summary>Puts everything that the gateway answers behind its two listeners.</summary>
    public static void MapListeners(this WebApplication app, Action<IEndpointRouteBuilder> external, Action<IEndpointRouteBuilder> api)
    {
        var inside = Branches.Api(app.Services, api);
        var outside = Branches.External(app.Services, external);
        app.Run(context => context.IsApi() ? inside(context) : outside(context));
    }

    /// <summary>Whether the request came in on the API port.</summary>
    public static bool IsApi(this HttpContext context) => ApiListener.Accepted(context);

    /// <summary>Where the two listen, ports filled in; known once the application has started.</summary>
    public static (Uri External, Uri Api) ListenAddresses(this IServiceProvider services)
    {
        var addresses = services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        return (new Uri(addresses.First()), new Uri(addresses.Last()));
    }

    private static void Listen(this KestrelServerOptions kestrel, ListenerOptions options, int port, Action<ListenOptions> configure)
    {
        if (IPAddress.TryParse(options.Address, out var address))
        {
            kestrel.Listen(address, port, configure);
        }
        else
        {
            kestrel.ListenAnyIP(port, configure);
        }
    }
}
