using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using RigKafka.Http;
using RigKafka.Settings;
using RigKafka.Telemetry;
using RigKafka.Tls;

namespace RigKafka.Listeners;

internal static class ListenersFeature
{
    /// <summary>The runtime reads it when the process makes its first socket, and knows no other way to be told.</summary>
    private const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static void AddListeners(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var options = settings.Read<ListenerOptions>();
        Environment.SetEnvironmentVariable(InlineCompletions, Environment.GetEnvironmentVariable(InlineCompletions) ?? "1");
        // Others may need the variable HTTP_PORTS, and Kestrel would warn at every start that it is not followed.
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
            sockets.CreateBoundListenSocket = endpoint => ListenEndPoint.Bind(endpoint, options.TcpUserTimeoutMs);
        });
        builder.BoundConnections(settings);
        builder.Services.AddSingleton(settings).AddSingleton(options)
            .AddSingleton(settings.Read<ClientAddressOptions>()).AddSingleton(settings.Read<ApiTokenOptions>()).AddSingleton<ApiTokens>()
            .AddSingleton(services => new RenewedSecret("tokens of API_TOKEN", services.GetRequiredService<ApiTokens>().Renew))
            .AddSingleton(settings.Read<ApiPageOptions>()).AddSingleton(settings.Read<OriginOptions>());
        builder.Services.AddCors();
        builder.Services.AddSingleton(_ => new EnvironmentCheck("The names of settings", _ => MisspelledSettings.FindIn(builder.Configuration, settings.Settings).ToAsyncEnumerable()
            .Select(name => CheckResult.Note($"This variable looks like a setting, but is not: {name}."))));
        builder.Services.AddSingleton(services => new EnvironmentCheck("The ports", _ => TakenPorts.Look(services)));
        builder.Services.AddHostedService<Announcement>();
        var limits = settings.Read<HttpLimitOptions>();
        builder.Services.AddSingleton(limits);
        var (tls, certificate) = builder.AddCertificate(settings, options);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // The values of headers are bytes, and each is a character: none is refused, and what is passed on leaves as it came.
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            HttpLimits.Set(kestrel.Limits, limits);
            kestrel.Listen(ListenEndPoint.Of(options.Address, options.InboundPort, isApi: false, isTls: false), UsePlain);
            kestrel.Listen(ListenEndPoint.Of(options.Address, options.ApiPort, isApi: true, isTls: false), UsePlain);
            if (certificate is not null)
            {
                Action<ListenOptions> useTls = listener => listener.UseTls(tls, certificate);
                kestrel.Listen(ListenEndPoint.Of(options.Address, options.InboundHttpsPort, isApi: false, isTls: true), useTls);
                kestrel.Listen(ListenEndPoint.Of(options.Address, options.ApiHttpsPort, isApi: true, isTls: true), useTls);
            }
        });
    }

    /// <summary>Puts everything that the gateway answers behind its two listeners.</summary>
    public static void MapListeners(this WebApplication app, Action<IEndpointRouteBuilder> external, Action<IEndpointRouteBuilder> api)
    {
        var inside = Branches.Api(app.Services, api);
        var outside = Branches.External(app.Services, external);
        var limits = new HttpLimits(app.Services.GetRequiredService<HttpLimitOptions>());
        var stopping = app.Lifetime.ApplicationStopping;
        app.Run(context =>
        {
            if (stopping.IsCancellationRequested)
            {
                context.EndConnection();
            }

            if (StrictRequest.Fault(context) is { } fault)
            {
                return context.AnswerError(fault.Status, fault.Detail);
            }

            limits.SetResponseRate(context);
            var connection = context.Features.GetRequiredFeature<AcceptedConnection>();
            return connection.Answer(context, connection.IsApi ? inside : outside);
        });
    }

    /// <summary>Whether the request came in on the API port.</summary>
    public static bool IsApi(this HttpContext context) => context.Features.GetRequiredFeature<AcceptedConnection>().IsApi;

    /// <summary>Where the two listen, ports filled in; known once the application has started.</summary>
    public static (Uri External, Uri Api) ListenAddresses(this IServiceProvider services) => services.Addresses(Uri.UriSchemeHttp)!.Value;

    /// <summary>Where the two listen for TLS; null when they do not.</summary>
    public static (Uri External, Uri Api)? TlsListenAddresses(this IServiceProvider services) => services.Addresses(Uri.UriSchemeHttps);

    private static (Uri External, Uri Api)? Addresses(this IServiceProvider services, string scheme)
    {
        var addresses = services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses
            .Select(address => new Uri(address)).Where(address => address.Scheme == scheme).ToArray();
        return addresses is [var external, var api] ? (external, api) : null;
    }

    private static (TlsOptions Tls, CertificateSource? Certificate) AddCertificate(
        this WebApplicationBuilder builder, SettingsReader settings, ListenerOptions options)
    {
        var tls = settings.Read<TlsOptions>();
        if (!tls.IsOn)
        {
            return (tls, null);
        }

        foreach (var mistake in options.TlsMistakes())
        {
            settings.Refuse(mistake);
        }

        var certificate = CertificateSource.Load(tls, settings.Refuse);
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
            builder.Services.TryAddSingleton(TimeProvider.System);
            builder.Services.AddSingleton(tls);
            builder.Services.AddSingleton(certificate);
            builder.Services.AddHostedService<CertificateService>();
            builder.Services.AddSingleton(services => new EnvironmentCheck("The certificate", _ => certificate.Look(services.GetRequiredService<TimeProvider>())));
        }

        return (tls, certificate);
    }

    private static void UseTls(this ListenOptions listener, TlsOptions tls, CertificateSource certificate)
    {
        listener.Protocols = HttpProtocols.Http1AndHttp2;
        listener.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = certificate.Choose,
            HandshakeTimeout = TimeSpan.FromMilliseconds(tls.HandshakeTimeoutMs),
        });
        listener.Use(next => connection =>
        {
            OpenSslBuffers.ReleaseWhenIdle(connection.Features.GetRequiredFeature<ISslStreamFeature>().SslStream);
            return next(connection);
        });
    }

    private static void UsePlain(ListenOptions listener) => listener.Protocols = HttpProtocols.Http1;

    /// <summary>Puts the bound around the transport that the server was given.</summary>
    private static void BoundConnections(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var services = builder.Services;
        services.AddSingleton(FileShares.Of(OpenFiles.Limit(), settings.Read<OpenFileOptions>(), settings.Refuse));
        services.AddSingleton<AcceptGate>();
        builder.CountFromZero(metrics =>
        {
            foreach (var reason in AcceptedConnections.Resets.All)
            {
                metrics.TcpConnectionReset(AcceptedConnections.Peers.Clients, reason, 0);
                metrics.TcpConnectionReset(AcceptedConnections.Peers.Api, reason, 0);
            }
        });
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<GatewayMetrics>();
        var transport = services.Last(service => service.ServiceType == typeof(IConnectionListenerFactory));
        services.Remove(transport);
        services.AddSingleton<IConnectionListenerFactory>(provider =>
        {
            var inner = (IConnectionListenerFactory)ActivatorUtilities.CreateInstance(provider, transport.ImplementationType!);
            var clients = ActivatorUtilities.CreateInstance<AcceptedConnections>(provider, false);
            var api = ActivatorUtilities.CreateInstance<AcceptedConnections>(provider, true);
            return new BoundedListenerFactory(inner, clients, api, provider.GetRequiredService<AcceptGate>());
        });
    }
}
