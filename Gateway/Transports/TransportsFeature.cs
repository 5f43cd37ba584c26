using RigKafka.Connections;
using RigKafka.Listeners;
using RigKafka.Settings;
using RigKafka.Telemetry;

namespace RigKafka.Transports;

/// <summary>The ways in which clients listen: a path each below <c>/socket/</c>.</summary>
internal static class TransportsFeature
{
    public static void AddTransports(this WebApplicationBuilder builder, SettingsReader settings)
    {
        builder.Services.AddSingleton(settings.Read<SseOptions>());
        builder.Services.AddSingleton(NewAdmission);
        builder.Services.AddSingleton<Entrance>();
        builder.Services.AddSingleton<SseEndpoint>();
        builder.Services.AddSingleton<WebSocketEndpoint>();
        builder.Services.AddSingleton(settings.Read<LongPollOptions>());
        builder.Services.AddSingleton<LongPollSessions>();
        builder.Services.AddHostedService(services => services.GetRequiredService<LongPollSessions>());
        builder.Services.AddSingleton<LongPollEndpoint>();
        builder.CountFromZero(CountFromZero);
        // A stream is not a request that is ever over.
        builder.TraceNothingBelow(Branches.Sockets);
    }

    public static void MapTransports(this IEndpointRouteBuilder external)
    {
        var sse = external.ServiceProvider.GetRequiredService<SseEndpoint>();
        external.Map(SseEndpoint.Path, sse.Handle);
        external.Map(LongPollEndpoint.Path, external.ServiceProvider.GetRequiredService<LongPollEndpoint>().Handle);
        external.Map(WebSocketEndpoint.Path, external.ServiceProvider.GetRequiredService<WebSocketEndpoint>().Handle);
    }

    private static Admission NewAdmission(IServiceProvider services)
    {
        var admission = new Admission(
            services.GetRequiredService<ConnectionOptions>(),
            services.GetRequiredService<ConnectionRegistry>(),
            services.GetRequiredService<FileShares>().Clients);
        services.GetRequiredService<GatewayMetrics>().ObserveConnectionLimit(admission.Most);
        return admission;
    }

    private static void CountFromZero(GatewayMetrics metrics)
    {
        foreach (var transport in new[] { SseEndpoint.Transport, WebSocketEndpoint.Transport, LongPollEndpoint.Transport })
        {
            foreach (var reason in CloseReason.All)
            {
                metrics.ConnectionClosed(transport, reason.Name, connections: 0);
            }

            foreach (var reason in EntryRefusalWords.All)
            {
                metrics.ConnectionRefused(transport, reason, connections: 0);
            }
        }
    }
}
