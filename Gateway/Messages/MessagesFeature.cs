using RigKafka.Settings;

namespace RigKafka.Messages;

internal static class MessagesFeature
{
    public static void AddMessages(this WebApplicationBuilder builder, SettingsReader settings)
        => builder.Services.AddSingleton(settings.Read<MessageOptions>());
}
