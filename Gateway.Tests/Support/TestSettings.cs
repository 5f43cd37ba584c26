using Microsoft.Extensions.Configuration;
using RigKafka.Settings;

namespace RigKafka.Tests.Support;

/// <summary>What the gateway reads of an environment, all features together.</summary>
internal static class TestSettings
{
    public static SettingsReader Of(IEnumerable<KeyValuePair<string, string>> environment)
    {
        var builder = Program.CreateBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(environment.Select(variable => KeyValuePair.Create(variable.Key, (string?)variable.Value)));
        return Program.AddFeatures(builder);
    }
}
