using Microsoft.AspNetCore.Mvc;
using RigKafka.Listeners;
using RigKafka.Log;
using RigKafka.Settings;
using RigKafka.Telemetry;

namespace RigKafka.Proxy;

internal static class ProxyFeature
{
    private const string Everything = "/{**path}";

    public static void AddProxy(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var (options, log, requestLog) = (settings.Read<ProxyOptions>(), settings.Read<LogOptions>(), settings.Read<RequestLogOptions>());
        if (requestLog.ToKafka && !log.KafkaEnabled)
        {
            settings.Refuse("REQUEST_LOG=kafka: expected KAFKA_ENABLED to be true.");
        }

        var (listeners, tls) = (settings.Read<ListenerOptions>(), settings.Read<TlsOptions>());
        var reader = new DefinitionReader(new EndpointReader(log), tls.IsOn ? [listeners.ApiPort, listeners.ApiHttpsPort] : [listeners.ApiPort]);
        var services = builder.Services;
        services.AddSingleton(options).AddSingleton(settings.Read<RateLimitOptions>()).AddSingleton(requestLog);
        services.AddSingleton(SeedFile.Read(options.ConfigFile, reader, new DefinitionDefaults(TimeProvider.System), settings.Refuse));
        services.AddSingleton(reader).AddSingleton<DefinitionDefaults>().AddSingleton<ServiceConnections>().AddSingleton<UpstreamClient>().AddSingleton<ApiTable>().AddSingleton<ApiEditor>().AddSingleton<ApisEndpoints>();
        services.AddSingleton<RateLimits>().AddSingleton<CallAuth>().AddSingleton<OpenCalls>().AddSingleton<DroppedHeaders>().AddSingleton<Via>().AddSingleton<ProxyRefusals>().AddSingleton<CallForwarder>().AddSingleton<ProxyEndpoint>();
        services.AddSingleton<SeedService>().AddHostedService(provider => provider.GetRequiredService<SeedService>());
        services.AddSingleton<RequestLog>().AddHostedService<RequestLogService>();
        services.AddSingleton<RecordEndpoint>();
        services.AddHttpForwarder();
        builder.CountFromZero(CountFromZero);
        builder.AddTable(settings, ApiTable.Name, ProxyOptions.TopicSetting, options.Topic);
        // The library has lines of its own for each call, with the address in them; ours say what an operator needs.
        builder.Logging.AddFilter("Yarp", LogLevel.None);
        // Whoever asks for the request log gets it, however quiet the rest is to be.
        builder.Logging.AddFilter(typeof(RequestLogService).FullName, LogLevel.Information);
    }

    public static void MapProxy(this IEndpointRouteBuilder external)
        // Whatever else is mapped comes first.
        => external.Map(Everything, external.ServiceProvider.GetRequiredService<ProxyEndpoint>().Handle).Add(route => ((RouteEndpointBuilder)route).Order = int.MaxValue);

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
    }

    private static void CountFromZero(GatewayMetrics metrics)
    {
        foreach (var header in DroppedHeaders.Kinds)
        {
            metrics.ProxyHeaderDropped(header, headers: 0);
        }

        foreach (var reason in RefusalWords.All)
        {
            metrics.ProxyRefused(reason, calls: 0);
        }

        foreach (var reason in FailureWords.All)
        {
            metrics.ProxyFailed(reason, calls: 0);
        }
    }
}
