using Microsoft.Extensions.DependencyInjection.Extensions;
using RigKafka.Log;
using RigKafka.Settings;

namespace RigKafka.Auth;

internal static class AuthFeature
{
    public static void AddAuth(this WebApplicationBuilder builder, SettingsReader settings)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(settings.Read<AuthOptions>());
        builder.Services.AddSingleton<RemoteKeys>();
        builder.Services.AddSingleton<VerificationKeys>();
        builder.Services.AddSingleton<TokenVerifier>();
        builder.Services.AddSingleton<TokenGate>();
        builder.Services.AddSingleton<JoinPolicy>();
        builder.Services.AddHostedService<SecretAdvice>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RemoteKeys>());
        builder.AddBlacklist(settings);
    }

    private static void AddBlacklist(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var options = settings.Read<BlacklistOptions>();
        if (settings.Read<KafkaOptions>().SourceTopics.Contains(options.Topic))
        {
            settings.Refuse($"KAFKA_BLACKLIST_TOPIC={options.Topic}: expected a Kafka topic that is not among KAFKA_SOURCE_TOPICS.");
        }

        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<Blacklist>();
        builder.AddTable(Blacklist.TableName, options.Topic);
    }
}
