using Microsoft.AspNetCore.Mvc;
using RigKafka.Kafka;
using RigKafka.Listeners;
using RigKafka.Log;
using RigKafka.Settings;
using RigKafka.Tls;

namespace RigKafka.Apis;

/// <summary>The definitions of the APIs behind the gateway: from a file at start, and changed while the node runs.</summary>
internal static class ApisFeature
{
    public static void AddApis(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var options = settings.Read<ApisOptions>();
        var (listeners, tls) = (settings.Read<ListenerOptions>(), settings.Read<TlsOptions>());
        int[] apiPorts = tls.IsOn ? [listeners.ApiPort, listeners.ApiHttpsPort] : [listeners.ApiPort];
        var reader = new DefinitionReader(new EndpointReader(settings.Read<LogOptions>()), apiPorts);
        var services = builder.Services;
        var seed = SeedFile.Read(options.ConfigFile, reader, new DefinitionDefaults(TimeProvider.System), settings.Refuse);
        services.AddSingleton(seed);
        foreach (var target in seed.Definitions.SelectMany(definition => definition.Endpoints).Select(endpoint => endpoint.Kafka).OfType<KafkaTarget>())
        {
            services.AddSingleton(new WrittenTopic(target.Topic, SeedFile.Setting));
        }

        services.AddSingleton(reader).AddSingleton<DefinitionDefaults>().AddSingleton<ApiTable>().AddSingleton<ApiEditor>();
        services.AddSingleton<ApisEndpoints>().AddSingleton<RoutesEndpoint>().AddHostedService<SeedService>();
        builder.AddTable(new TableDeclaration(ApiTable.Name, ApisOptions.TopicSetting, new TableTopic(options.Topic)));
    }

    public static void MapApis(this IEndpointRouteBuilder api)
    {
        var endpoints = api.ServiceProvider.GetRequiredService<ApisEndpoints>();
        var apis = api.MapGroup("/v1/apis");
        apis.MapGet("", endpoints.List);
        var limit = new RequestSizeLimitAttribute(api.ServiceProvider.GetRequiredService<LogOptions>().MessageMaxBytes);
        apis.MapPost("", endpoints.Post).WithMetadata(limit);
        apis.MapGet("/{id}", endpoints.Get);
        apis.MapPut("/{id}", endpoints.Put).WithMetadata(limit);
        apis.MapDelete("/{id}", endpoints.Delete);
        api.MapGet("/v1/routes", api.ServiceProvider.GetRequiredService<RoutesEndpoint>().Find);
    }
}
