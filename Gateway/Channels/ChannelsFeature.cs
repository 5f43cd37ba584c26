using RigKafka.Settings;

namespace RigKafka.Channels;

internal static class ChannelsFeature
{
    public static void AddChannels(this WebApplicationBuilder builder, SettingsReader settings)
    {
        builder.Services.AddSingleton(settings.Read<ChannelOptions>());
        builder.Services.AddSingleton<Membership>();
        builder.Services.AddSingleton<ChannelServices>();
    }
}
