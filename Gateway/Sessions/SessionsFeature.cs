using Microsoft.AspNetCore.Mvc;
using RigKafka.Log;
using RigKafka.Settings;

namespace RigKafka.Sessions;

/// <summary>Which sessions there are, and which are let in no longer: the operator's side.</summary>
internal static class SessionsFeature
{
    private const string List = "/v1/blacklist";
    private const string OneSession = List + "/{jti}";
    private const string OneUser = List + "/users/{user}";

    public static void AddSessions(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var options = settings.Read<BlacklistOptions>();
        builder.Services.AddSingleton(options).AddSingleton<Blacklist>().AddSingleton<TokenGate>()
            .AddSingleton<DefaultExpiry>().AddSingleton<BlacklistEndpoints>().AddSingleton<SessionEndpoints>();
        builder.AddTable(new TableDeclaration(Blacklist.TableName, BlacklistOptions.TopicSetting, new TableTopic(options.Topic)));
    }

    public static void MapSessions(this IEndpointRouteBuilder api)
    {
        var sessions = api.ServiceProvider.GetRequiredService<SessionEndpoints>();
        api.MapGet("/v1/users/{user}/sessions", sessions.ListSessions);
        api.MapGet("/v1/sessions/{jti}", sessions.GetSession);
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
