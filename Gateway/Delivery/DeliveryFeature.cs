using RigKafka.Connections;
using RigKafka.Settings;

namespace RigKafka.Delivery;

/// <summary>The connections of this node and the road from the log to them.</summary>
internal static class DeliveryFeature
{
    public static void AddDelivery(this WebApplicationBuilder builder, SettingsReader settings)
    {
        builder.Services.AddSingleton(settings.Read<ConnectionOptions>());
        builder.Services.AddSingleton(settings.Read<ShutdownOptions>());
        builder.Services.AddSingleton<ConnectionRegistry>();
        builder.Services.AddSingleton<PoisonLog>();
        builder.Services.AddSingleton<FanOut>();
        builder.Services.AddHostedService<FanOutService>();
        builder.Services.AddHostedService<HeartbeatService>();
        builder.Services.AddHostedService<ShutdownService>();
    }
}
