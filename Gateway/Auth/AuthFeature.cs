using Microsoft.Extensions.DependencyInjection.Extensions;
using RigKafka.Settings;

namespace RigKafka.Auth;

internal static class AuthFeature
{
    public static void AddAuth(this WebApplicationBuilder builder, SettingsReader settings)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(settings.Read<AuthOptions>()).AddSingleton(settings.Read<ExpiryOptions>().Rule);
        builder.Services.AddSingleton<RemoteKeys>();
        builder.Services.AddSingleton<VerificationKeys>();
        builder.Services.AddSingleton(services => new RenewedSecret("keys of tokens", services.GetRequiredService<VerificationKeys>().Renew));
        builder.Services.AddSingleton<TokenVerifier>();
        builder.Services.AddSingleton<TokenJudge>();
        builder.Services.AddSingleton<JoinPolicy>();
        builder.Services.AddSingleton<TokenKeysCheck>()
            .AddSingleton(services => new EnvironmentCheck("The keys of tokens", services.GetRequiredService<TokenKeysCheck>().Look));
        builder.Services.AddHostedService<SecretAdvice>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RemoteKeys>());
    }
}
