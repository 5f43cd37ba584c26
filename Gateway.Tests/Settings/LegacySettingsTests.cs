using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using RigKafka.Settings;

namespace RigKafka.Tests.Settings;

internal sealed class LegacySettingsTests
{
    [Test]
    public void FindIn_Environment_NamesWhatMeansNothingHere()
    {
        using var environment = new ConfigurationManager();
        foreach (var name in new[] { "KINESIS_ENABLED", "KINESIS_STREAM", "DISCOVERY_TYPE", "DNS_NAME", "NODE_HOST", "NODE_COOKIE", "HOST" })
        {
            environment[name] = "";
        }

        foreach (var name in new[] { "KAFKA_HOSTS", "HOSTNAME", "REQUEST_LOG", "RATE_LIMIT_ENABLED", "SESSION_ROLE", "LOG_LEVEL" })
        {
            environment[name] = "x";
        }

        Assert.That(
            LegacySettings.FindIn(environment),
            Is.EqualTo(["DISCOVERY_TYPE", "DNS_NAME", "HOST", "KINESIS_ENABLED", "KINESIS_STREAM", "NODE_COOKIE", "NODE_HOST"]));
    }

    [Test]
    public void FindIn_EmptyEnvironment_FindsNothing()
    {
        using var environment = new ConfigurationManager();
        Assert.That(LegacySettings.FindIn(environment), Is.Empty);
    }
}
