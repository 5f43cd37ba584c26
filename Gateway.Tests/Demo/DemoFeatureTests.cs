using NUnit.Framework;

namespace RigKafka.Tests.Demo;

internal sealed class DemoFeatureTests
{
    [TestCase("DEMO_ENABLED=true", "DEMO_ENABLED=true: expected JWT_SECRET_KEY to be set; the demo signs its tokens with it.")]
    [TestCase("DEMO_ENABLED=true JWT_SECRET_KEY=s API_TOKEN=t", "DEMO_ENABLED=true: expected API_TOKEN to be empty; the demo gives a token for any user to everybody who asks.")]
    [TestCase("DEMO_ENABLED=true JWT_SECRET_KEY=s", null)]
    [TestCase("DEMO_ENABLED=false API_TOKEN=t", null)]
    public void AddDemo_WhereItsTokensCouldNotBe_OrWouldBreakInto_IsRefused(string environment, string? mistake)
    {
        var settings = TestSettings.Of(environment.Split(' ').Select(pair => pair.Split('=')).Select(pair => KeyValuePair.Create(pair[0], pair[1])));
        Assert.That(settings.Mistakes, mistake is null ? Is.Empty : Is.EqualTo([mistake]));
    }
}
