using Microsoft.Extensions.Configuration;
using RigKafka.Settings;

namespace RigKafka.Tests.Settings;

/// <summary>An environment that a test fills, and the sample settings that are read from it.</summary>
internal abstract class SettingsFixture : IDisposable
{
    protected ConfigurationManager Environment { get; } = new();

    public void Dispose() => Environment.Dispose();

    protected (SampleOptions Options, SettingsReader Settings) Read()
    {
        var settings = new SettingsReader(Environment);
        return (settings.Read<SampleOptions>(), settings);
    }

    protected static Setting Of(SettingsReader settings, string name) => settings.Settings.Single(setting => setting.Name == name);
}
