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
        services.AddSingleton<RateLimits>().AddSingleton<CallAdmission>().AddSingleton<ProxyRefusals>().AddSingleton<ProxyEndpoint>();
        services.AddSingleton<OpenCalls>().AddSingleton<CallForwarder>().AddSingleton<CallFailures>().AddSingleton<KafkaForwarder>();
        services.AddSingleton<CallHeaders>().AddSingleton<DroppedHeaders>();
        services.AddSingleton<ServiceConnections>().AddSingleton<UpstreamClient>();
        services.AddHttpForwarder();
        builder.CountFromZero(CountFromZero);
        // The library would log lines of its own for each call, with the address in them.
        builder.LogNothingOf("Yarp");
    }

    public static void MapProxy(this IEndpointRouteBuilder external)
        // Everything else that is mapped comes first.
        => external.Map(Everything, external.ServiceProvider.GetRequiredService<ProxyEndpoint>().Handle)
            .Add(route => ((RouteEndpointBuilder)route).Order = int.MaxValue);

    private static void CountFromZero(GatewayMetrics metrics)
    {
        foreach (var header in DroppedHeaders.Kinds)
        {
            metrics.ProxyHeaderDropped(header, headers: 0);
        }

        foreach (var reason in ProxyRefusals.Reasons.All)
        {
            metrics.ProxyRefused(reason, calls: 0);
        }

        foreach (var reason in CallFailures.Reasons.All)
        {
            metrics.ProxyFailed(reason, calls: 0);
        }
    }
}
