using NUnit.Framework;

namespace RigKafka.Tests.Presence;

internal sealed class PresenceFeatureTests
{
    [TestCase("PRESENCE_CLAIMS=team,address", "PRESENCE_CLAIMS=address: expected a claim with another name than what every entry has: time, address, device, browser, phx_ref.")]
    [TestCase("KAFKA_PRESENCE_TOPIC=no+name", "KAFKA_PRESENCE_TOPIC=no+name: expected a name of 1 to 249 letters, digits, dots, hyphens and underscores.")]
    [TestCase("KAFKA_PRESENCE_TOPIC=rig", "KAFKA_PRESENCE_TOPIC=rig: expected a topic that is not among KAFKA_SOURCE_TOPICS.")]
    [TestCase("KAFKA_PRESENCE_TOPIC=rig-blacklist", "KAFKA_PRESENCE_TOPIC=rig-blacklist: expected a topic that is not KAFKA_BLACKLIST_TOPIC.")]
    [TestCase("PRESENCE_CLAIMS=team,user,user", null)]
    public void Settings_ThatCannotBe_AreRefused(string setting, string? mistake)
    {
        var settings = TestSettings.Of([KeyValuePair.Create(setting.Split('=')[0], setting.Split('=')[1])]);
        Assert.That(settings.Mistakes, mistake is null ? Is.Empty : Is.EqualTo([mistake]));
    }
}
