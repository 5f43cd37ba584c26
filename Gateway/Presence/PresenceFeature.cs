using RigKafka.Auth;
using RigKafka.Log;
using RigKafka.Settings;

namespace RigKafka.Presence;

/// <summary>Who is online, where.</summary>
internal static class PresenceFeature
{
    /// <summary>The name of the table.</summary>
    public const string TableName = "presence";

    public static void AddPresence(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var options = settings.Read<PresenceOptions>();
        builder.Services.AddSingleton(options).AddSingleton<PresenceEndpoints>();
        foreach (var claim in settings.Read<AuthOptions>().PublicClaims.Intersect(PresenceRecord.OwnMembers))
        {
            settings.Refuse($"PRESENCE_CLAIMS={claim}: expected a claim that is not called as what is shown of everybody, which are {string.Join(", ", PresenceRecord.OwnMembers)}.");
        }

        if (!options.Enabled)
        {
            return;
        }

        builder.Services.AddSingleton<PresenceTopics>().AddSingleton<PresenceIndex>().AddSingleton<PresenceRoster>();
        // Clients come and go all day: with a day of tombstones, as is the default, it would take a node long to read what is there.
        var topic = new TableTopic(options.Topic, PutsBack: false) { Configuration = new Dictionary<string, string> { ["delete.retention.ms"] = $"{60 * 60 * 1000}" } };
        builder.AddTable(new TableDeclaration(TableName, PresenceOptions.TopicSetting, topic));
        builder.Services.AddHostedService(services => services.GetRequiredService<PresenceRoster>());
    }

    public static void MapPresence(this IEndpointRouteBuilder api)
    {
        var endpoints = api.ServiceProvider.GetRequiredService<PresenceEndpoints>();
        api.MapGet("/v1/users", endpoints.ListUsers);
        api.MapGet("/v1/users/{user}", endpoints.GetUser);
        api.MapGet("/v1/users/{user}/sessions", endpoints.ListSessions);
        api.MapGet("/v1/sessions/{jti}", endpoints.GetSession);
    }
}
