using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using RigKafka.Http;
using RigKafka.Settings;

namespace RigKafka.Tests.Http;

internal sealed class OriginOptionsTests
{
    [TestCase("app.example", "ALLOWED_ORIGINS=app.example: expected the scheme too, as in https://app.example, or *.")]
    [TestCase("localhost:3000", "ALLOWED_ORIGINS=localhost:3000: expected the scheme too, as in https://app.example, or *.")]
    [TestCase("https://app.example/", "ALLOWED_ORIGINS=https://app.example/: expected https://app.example, without a path, and without the port that the scheme has anyway, or *.")]
    [TestCase("https://app.example/login", "ALLOWED_ORIGINS=https://app.example/login: expected https://app.example, without a path, and without the port that the scheme has anyway, or *.")]
    [TestCase("https://app.example:443", "ALLOWED_ORIGINS=https://app.example:443: expected https://app.example, without a path, and without the port that the scheme has anyway, or *.")]
    [TestCase("http://bücher.example", "ALLOWED_ORIGINS=http://bücher.example: expected http://xn--bcher-kva.example, without a path, and without the port that the scheme has anyway, or *.")]
    [TestCase("*.app.example", "ALLOWED_ORIGINS=*.app.example: expected the scheme too, as in https://app.example, or *.")]
    [TestCase("*", null)]
    [TestCase("null", null)]
    [TestCase("https://app.example,HTTP://localhost:3000,http://[::1]:8080,capacitor://localhost,chrome-extension://abcdefghijklmnop", null)]
    public void AllowedOrigins_ThatNoBrowserSends_AreRefused(string value, string? mistake)
    {
        var settings = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("ALLOWED_ORIGINS", (string?)value)]).Build());
        settings.Read<OriginOptions>();
        Assert.That(settings.Mistakes, mistake is null ? Is.Empty : Is.EqualTo([mistake]));
    }
}
