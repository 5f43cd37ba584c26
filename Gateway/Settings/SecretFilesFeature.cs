namespace RigKafka.Settings;

internal static class SecretFilesFeature
{
    /// <summary>After all that has secrets.</summary>
    public static void AddSecretFiles(this WebApplicationBuilder builder, SettingsReader settings)
    {
        if (settings.ReadsFiles)
        {
            builder.Services.AddHostedService<SecretFilesService>();
        }
    }
}
