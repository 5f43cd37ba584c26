using RigKafka.Auth;
using RigKafka.Log;
using RigKafka.Settings;
using RigKafka.Telemetry;

namespace RigKafka.Presence;

/// <summary>Who is online, and on which node.</summary>
internal static class PresenceFeature
{
    /// <summary>The name of the table.</summary>
    public const string TableName = "presence";

    public static void AddPresence(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var options = settings.Read<PresenceOptions>();
        builder.Services.AddSingleton(options).AddSingleton<PresenceEndpoints>().AddSingleton<NodeSummary>().AddSingleton<NodesEndpoint>();
        foreach (var claim in settings.Read<AuthOptions>().PublicClaims.Intersect(PresenceRecord.OwnMembers))
        {
            settings.Refuse(
                $"PRESENCE_CLAIMS={claim}: expected a claim with another name than what every entry has: "
                + $"{string.Join(", ", PresenceRecord.OwnMembers)}.");
        }

        if (!options.Enabled)
        {
            return;
        }

        builder.Services.AddSingleton<PresenceTopics>().AddSingleton<PresenceIndex>().AddSingleton<PresenceRoster>();
        // Clients come and go all day: with the default, a day of tombstones, a starting node would read for long.
        var configuration = new Dictionary<string, string> { ["delete.retention.ms"] = $"{60 * 60 * 1000}" };
        var topic = new TableTopic(options.Topic, PutsBack: false) { Configuration = configuration };
        builder.AddTable(new TableDeclaration(TableName, PresenceOptions.TopicSetting, topic));
        builder.Services.AddHostedService<PresenceService>();
    }

    public static void MapPresence(this IEndpointRouteBuilder api)
    {
        var endpoints = api.ServiceProvider.GetRequiredService<PresenceEndpoints>();
        api.MapGet("/v1/users", endpoints.ListUsers);
        api.MapGet("/v1/users/{user}", endpoints.GetUser);
        api.MapGet("/v1/nodes", api.ServiceProvider.GetRequiredService<NodesEndpoint>().List).WithMetadata(NotTraced.UnlessAsked);
    }
}
