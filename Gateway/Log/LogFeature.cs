using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RigKafka.Messages;
using RigKafka.Settings;
using RigKafka.Telemetry;

namespace RigKafka.Log;

/// <summary>The log and its tables, in memory unless another log takes their place.</summary>
internal static class LogFeature
{
    public static void AddLog(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var log = settings.Read<LogOptions>();
        log.MessageMaxBytes = settings.Read<MessageOptions>().MaxBytes;
        builder.Services.AddSingleton(log);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton(NodeId.New());
        builder.CountFromZero(metrics =>
        {
            foreach (var reason in LogPlacement.Gaps)
            {
                metrics.GapFound(reason, gaps: 0);
            }
        });
        builder.Services.SetLog<EmbeddedLog>(
            (services, table) => new EmbeddedTable(table.Name, services.GetRequiredService<TimeProvider>()));
    }

    /// <summary>Makes this the log, in place of the one before.</summary>
    public static void SetLog<TLog>(this IServiceCollection services, TableFactory tables)
        where TLog : IMessageLog
    {
        services.Replace(ServiceDescriptor.Singleton(
            provider => Observed(ActivatorUtilities.CreateInstance<TLog>(provider), provider.GetRequiredService<GatewayMetrics>())));
        services.Replace(ServiceDescriptor.Singleton(tables));
    }

    /// <summary>Adds a table, as a service with its name as the key. It is kept up to date, and is part of this node's health.</summary>
    public static void AddTable(this WebApplicationBuilder builder, TableDeclaration table)
    {
        var name = table.Name;
        builder.CountFromZero(metrics =>
        {
            foreach (var fault in TableEntry.Faults)
            {
                metrics.TableRecordSkipped(name, fault, records: 0);
            }
        });
        builder.Services.AddSingleton(table);
        builder.Services.AddKeyedSingleton(name, (services, _) => NewTable(services, table));
        builder.Services.AddSingleton<IHostedService>(
            services => ActivatorUtilities.CreateInstance<TableService>(services, services.GetRequiredKeyedService<ITable>(name)));
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            name, services => new TableHealthCheck(services.GetRequiredKeyedService<ITable>(name)), failureStatus: null, tags: null));
    }

    private static ITable NewTable(IServiceProvider services, TableDeclaration declaration)
    {
        var table = services.GetRequiredService<TableFactory>()(services, declaration);
        services.GetRequiredService<GatewayMetrics>().ObserveTable(declaration.Name, () => table.Count);
        return table;
    }

    private static IMessageLog Observed(IMessageLog log, GatewayMetrics metrics)
    {
        metrics.ObserveLag(() => log.Lags.Select(lag => (log.SourceTopics[lag.SourceTopicIndex], lag.Partition, lag.Records)));
        metrics.ObserveDegraded(() => log.Health.Trouble is not null);
        return log;
    }
}
