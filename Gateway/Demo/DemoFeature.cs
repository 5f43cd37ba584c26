using RigKafka.Auth;
using RigKafka.Http;
using RigKafka.Settings;

namespace RigKafka.Demo;

/// <summary>A page on the API port that lets a newcomer see the gateway work.</summary>
internal static class DemoFeature
{
    public static void AddDemo(this WebApplicationBuilder builder, SettingsReader settings)
    {
        if (!settings.Read<DemoOptions>().Enabled)
        {
            return;
        }

        if (settings.Read<AuthOptions>().SecretKey.Length == 0)
        {
            settings.Refuse("DEMO_ENABLED=true: expected JWT_SECRET_KEY to be set; the demo signs its tokens with it.");
        }

        if (settings.Read<ApiTokenOptions>().AreSet)
        {
            settings.Refuse("DEMO_ENABLED=true: expected API_TOKEN to be empty; the demo gives a token for any user to everybody who asks.");
        }

        builder.Services.AddSingleton<DemoEndpoints>();
        builder.Services.AddHostedService<DemoAdvice>();
    }

    public static void MapDemo(this IEndpointRouteBuilder api)
    {
        if (api.ServiceProvider.GetService<DemoEndpoints>() is not { } demo)
        {
            return;
        }

        var pages = api.MapGroup(DemoEndpoints.Path).WithMetadata(ApiHostRule.KnownName);
        pages.MapGet("", demo.Page);
        pages.MapGet("/{file}", DemoEndpoints.File);
        pages.MapMethods("/token", ["GET", "POST"], demo.Token);
    }
}
