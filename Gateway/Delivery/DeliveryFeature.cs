using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Settings;
using RigKafka.Telemetry;

namespace RigKafka.Delivery;

/// <summary>The connections of this node and the road from the log to them.</summary>
internal static class DeliveryFeature
{
    public static void AddDelivery(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var connections = settings.Read<ConnectionOptions>();
        var largest = settings.Read<MessageOptions>().MaxBytes;
        if (connections.OutboxMaxBytes - ConnectionOptions.FrameAllowance < largest)
        {
            settings.Refuse(
                $"OUTBOX_MAX_BYTES={connections.OutboxMaxBytes}: expected at least {ConnectionOptions.FrameAllowance} more than "
                + $"MESSAGE_MAX_BYTES, which is {largest}, so that a message always fits an empty outbox.");
        }

        builder.Services.AddSingleton(connections);
        var shutdown = settings.Read<ShutdownOptions>();
        builder.Services.AddSingleton(shutdown);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = shutdown.HostTimeout);
        builder.Services.AddSingleton(settings.Read<ResumeOptions>());
        builder.Services.AddSingleton<ConnectionRegistry>();
        builder.Services.AddSingleton(NewHistory);
        builder.Services.AddSingleton<PoisonLog>();
        builder.CountFromZero(metrics =>
        {
            foreach (var fault in Enum.GetValues<MessageFault>().Where(fault => fault != MessageFault.None))
            {
                metrics.PoisonSkipped(fault.Word(), records: 0);
            }
        });
        builder.Services.AddSingleton(services =>
        {
            var reader = ActivatorUtilities.CreateInstance<RewindReader>(services);
            reader.OnEmpty = services.GetRequiredService<History>().Lower;
            return reader;
        });
        builder.Services.AddSingleton<Rewinder>();
        builder.Services.AddSingleton<FanOut>();
        builder.Services.AddSingleton<MissedMessages>();
        builder.Services.AddSingleton<Resumption>();
        builder.Services.AddSingleton<PositionEndpoint>();
        builder.CountFromZero(metrics =>
        {
            foreach (var outcome in Resumption.Outcomes)
            {
                metrics.Resumed(outcome, clients: 0);
            }

            foreach (var reason in MissedMessages.Gaps)
            {
                metrics.ResumedWithGap(reason, gaps: 0);
            }
        });
        builder.Services.AddHostedService<FanOutService>();
        builder.Services.AddHostedService<HeartbeatService>();
        builder.Services.AddHostedService<ExpiryService>();
        builder.Services.AddSingleton<StopSignals>();
        builder.Services.AddHostedService<ShutdownService>();
    }

    public static void MapDelivery(this IEndpointRouteBuilder api) =>
        api.MapGet(PositionEndpoint.Path, api.ServiceProvider.GetRequiredService<PositionEndpoint>().Handle);

    private static History NewHistory(IServiceProvider services)
    {
        var options = services.GetRequiredService<ResumeOptions>();
        var history = new History(
            options,
            services.GetRequiredService<MessageOptions>(),
            services.GetRequiredService<IMessageLog>());
        var time = services.GetRequiredService<TimeProvider>();
        services.GetRequiredService<GatewayMetrics>().ObserveHistory(
            () => history.Bytes,
            options.HistoryMaxBytes,
            () => history.Messages,
            () => history.Oldest is { } oldest ? Math.Max(0, time.GetUtcNow().ToUnixTimeMilliseconds() - oldest) / 1000.0 : 0);
        return history;
    }
}
