using RigKafka.Log;
using RigKafka.Settings;

namespace RigKafka.Kafka;

/// <summary>The log and its tables on Kafka, where it is enabled.</summary>
internal static class KafkaFeature
{
    /// <summary>Call it after every feature that declares a table.</summary>
    public static void AddKafka(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var kafka = settings.Read<KafkaOptions>();
        foreach (var table in builder.Services.Select(service => service.ImplementationInstance).OfType<TableDeclaration>())
        {
            if (kafka.TakeTopic(table.Setting, table.Topic.Name) is { } mistake)
            {
                settings.Refuse(mistake);
            }
        }

        if (settings.Read<LogOptions>().KafkaEnabled)
        {
            builder.Services.AddSingleton(kafka).AddSingleton<KafkaClients>().AddSingleton<RecordWriter>().AddSingleton<KafkaCheck>();
            builder.Services.AddSingleton(services => new EnvironmentCheck("Kafka", services.GetRequiredService<KafkaCheck>().Look));
            builder.Services.SetLog<KafkaLog>((services, table) => ActivatorUtilities.CreateInstance<KafkaTable>(services, table));
        }
        else
        {
            const string Off = "Kafka is off: messages are kept in the memory of this node alone. With KAFKA_ENABLED=true they are kept in Kafka.";
            builder.Services.AddSingleton(_ => new EnvironmentCheck("Kafka", _ => AsyncEnumerable.Repeat(CheckResult.Note(Off), 1)));
        }
    }
}
