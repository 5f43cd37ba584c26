using RigKafka.Settings;

namespace RigKafka.Transports;

/// <summary>The ways in which clients listen: a path each below <c>/socket/</c>.</summary>
internal static class TransportsFeature
{
    public static void AddTransports(this WebApplicationBuilder builder, SettingsReader settings)
    {
        builder.Services.AddSingleton(settings.Read<SseOptions>());
        builder.Services.AddSingleton<SseEndpoint>();
    }

    public static void MapTransports(this IEndpointRouteBuilder external)
    {
        var sse = external.ServiceProvider.GetRequiredService<SseEndpoint>();
        external.Map(SseEndpoint.Path, sse.Handle);
    }
}
