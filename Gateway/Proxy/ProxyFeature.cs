using RigKafka.Settings;
using RigKafka.Telemetry;

namespace RigKafka.Proxy;

internal static class ProxyFeature
{
    private const string Everything = "/{**path}";

    public static void AddProxy(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var services = builder.Services;
        services.AddSingleton(settings.Read<ProxyOptions>()).AddSingleton(settings.Read<RateLimitOptions>());
        services.AddSingleton<ServiceConnections>().AddSingleton<UpstreamClient>().AddSingleton<RateLimits>().AddSingleton<CallAuth>().AddSingleton<OpenCalls>().AddSingleton<DroppedHeaders>();
        services.AddSingleton<Via>().AddSingleton<ProxyRefusals>().AddSingleton<CallForwarder>().AddSingleton<RecordEndpoint>().AddSingleton<ProxyEndpoint>();
        services.AddHttpForwarder();
        builder.CountFromZero(CountFromZero);
        // The library has lines of its own for each call, with the address in them; ours say what an operator needs.
        builder.Logging.AddFilter("Yarp", LogLevel.None);
    }

    public static void MapProxy(this IEndpointRouteBuilder external)
        // Whatever else is mapped comes first.
        => external.Map(Everything, external.ServiceProvider.GetRequiredService<ProxyEndpoint>().Handle).Add(route => ((RouteEndpointBuilder)route).Order = int.MaxValue);

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
