using Microsoft.AspNetCore.Mvc;
using RigKafka.Log;
using RigKafka.Settings;

namespace RigKafka.Sessions;

/// <summary>Who is let in, and who no longer is: the operator's side.</summary>
internal static class SessionsFeature
{
    private const string List = "/v1/blacklist";
    private const string OneSession = List + "/{jti}";
    private const string OneUser = List + "/users/{user}";

    public static void AddSessions(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var options = settings.Read<BlacklistOptions>();
        builder.Services.AddSingleton(options).AddSingleton<Blacklist>().AddSingleton<TokenGate>()
            .AddSingleton<DefaultExpiry>().AddSingleton<BlacklistEndpoints>();
        builder.AddTable(new TableDeclaration(Blacklist.TableName, BlacklistOptions.TopicSetting, new TableTopic(options.Topic)));
    }

    public static void MapSessions(this IEndpointRouteBuilder api)
    {
        var endpoints = api.ServiceProvider.GetRequiredService<BlacklistEndpoints>();
        var limit = new RequestSizeLimitAttribute(BlacklistRequest.MaxBytes);
        api.MapDelete("/v1/users/{user}/sessions/{jti}", endpoints.EndSession);
        api.MapGet(List, endpoints.List);
        api.MapGet(OneSession, endpoints.GetSession);
        api.MapPut(OneSession, endpoints.PutSession).WithMetadata(limit);
        api.MapDelete(OneSession, endpoints.DeleteSession);
        api.MapGet(OneUser, endpoints.GetUser);
        api.MapPut(OneUser, endpoints.PutUser).WithMetadata(limit);
        api.MapDelete(OneUser, endpoints.DeleteUser);
    }
}
