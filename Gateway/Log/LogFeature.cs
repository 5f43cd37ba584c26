using Microsoft.Extensions.DependencyInjection.Extensions;
using RigKafka.Messages;
using RigKafka.Settings;
using RigKafka.Telemetry;

namespace RigKafka.Log;

/// <summary>The log, in memory or on Kafka.</summary>
internal static class LogFeature
{
    public static void AddLog(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var log = settings.Read<LogOptions>();
        log.MessageMaxBytes = settings.Read<MessageOptions>().MaxBytes;
        var kafka = settings.Read<KafkaOptions>();
        builder.Services.AddSingleton(log).AddSingleton(kafka);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton(NodeId.New());
        builder.Services.AddSingleton(services => Observed(log.KafkaEnabled ? ActivatorUtilities.CreateInstance<KafkaLog>(services) : ActivatorUtilities.CreateInstance<EmbeddedLog>(services), services));
    }

    private static IMessageLog Observed(IMessageLog log, IServiceProvider services)
    {
        var metrics = services.GetRequiredService<GatewayMetrics>();
        metrics.ObserveLag(() => log.Lag);
        metrics.ObserveDegraded(() => log.Health.Trouble is not null);
        return log;
    }
}
