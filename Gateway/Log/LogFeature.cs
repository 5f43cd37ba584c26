using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
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
        if (log.KafkaEnabled)
        {
            builder.Services.AddSingleton<RecordWriter>();
        }

        builder.CountFromZero(metrics =>
        {
            foreach (var reason in LogPlacement.Gaps)
            {
                metrics.GapFound(reason, gaps: 0);
            }
        });
        builder.Services.AddSingleton(services => Observed(log.KafkaEnabled ? ActivatorUtilities.CreateInstance<KafkaLog>(services) : ActivatorUtilities.CreateInstance<EmbeddedLog>(services), services));
    }

    /// <summary>A table of this name, for those who ask for the service with the name as its key. It is kept up to date, and is part of this node's health.</summary>
    /// <param name="builder">The host.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="name">The table's name.</param>
    /// <param name="setting">The setting that names its topic.</param>
    /// <param name="topic">Its topic, where there is Kafka.</param>
    /// <param name="more">The configuration that its topic is created with, beside what every table needs.</param>
    /// <param name="putsBack">Whether every node puts back what the topic has lost; otherwise those who wrote it do, by <see cref="ITable.WatchLosses"/>.</param>
    public static void AddTable(
        this WebApplicationBuilder builder, SettingsReader settings, string name, string setting, string topic, IReadOnlyDictionary<string, string>? more = null, bool putsBack = true)
    {
        if (settings.Read<KafkaOptions>().TakeTopic(setting, topic) is { } mistake)
        {
            settings.Refuse(mistake);
        }

        builder.CountFromZero(metrics =>
        {
            metrics.TableRecordSkipped(name, TableRecord.BadKey, records: 0);
            metrics.TableRecordSkipped(name, TableRecord.BadValue, records: 0);
        });
        builder.Services.AddKeyedSingleton(name, (services, _) => NewTable(services, name, new TableTopic(topic, more ?? new Dictionary<string, string>(), putsBack)));
        builder.Services.AddSingleton<IHostedService>(services => ActivatorUtilities.CreateInstance<TableService>(services, services.GetRequiredKeyedService<ITable>(name)));
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(name, services => new TableHealthCheck(services.GetRequiredKeyedService<ITable>(name)), failureStatus: null, tags: null));
    }

    private static ITable NewTable(IServiceProvider services, string name, TableTopic topic)
    {
        ITable table = services.GetRequiredService<LogOptions>().KafkaEnabled
            ? ActivatorUtilities.CreateInstance<KafkaTable>(services, name, topic)
            : new EmbeddedTable(name, services.GetRequiredService<TimeProvider>());
        services.GetRequiredService<GatewayMetrics>().ObserveTable(name, () => table.Count);
        return table;
    }

    private static IMessageLog Observed(IMessageLog log, IServiceProvider services)
    {
        var metrics = services.GetRequiredService<GatewayMetrics>();
        metrics.ObserveLag(() => log.Lag);
        metrics.ObserveDegraded(() => log.Health.Trouble is not null);
        return log;
    }
}
