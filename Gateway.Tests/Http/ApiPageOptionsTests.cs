using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using RigKafka.Http;
using RigKafka.Settings;

namespace RigKafka.Tests.Http;

internal sealed class ApiPageOptionsTests
{
    [TestCase("API_ALLOWED_HOSTS", "rig.corp.example, rig", null)]
    [TestCase("API_ALLOWED_HOSTS", "rig.corp.example:4010", "API_ALLOWED_HOSTS=rig.corp.example:4010: expected host names, without a scheme or a port.")]
    [TestCase("API_ALLOWED_HOSTS", "http://rig.corp.example", "API_ALLOWED_HOSTS=http://rig.corp.example: expected host names, without a scheme or a port.")]
    [TestCase("API_ALLOWED_HOSTS", "*.corp.example", "API_ALLOWED_HOSTS=*.corp.example: expected host names, without a scheme or a port.")]
    [TestCase("API_ALLOWED_ORIGINS", "https://admin.example,http://localhost:3000", null)]
    [TestCase("API_ALLOWED_ORIGINS", "admin.example", "API_ALLOWED_ORIGINS=admin.example: expected the scheme too, as in https://app.example.")]
    [TestCase("API_ALLOWED_ORIGINS", "https://admin.example/", "API_ALLOWED_ORIGINS=https://admin.example/: expected https://admin.example, without a path, and without the port that the scheme has anyway.")]
    [TestCase("API_ALLOWED_ORIGINS", "*", "API_ALLOWED_ORIGINS=*: expected the scheme too, as in https://app.example.")]
    [TestCase("API_ALLOWED_ORIGINS", "null", "API_ALLOWED_ORIGINS=null: expected the scheme too, as in https://app.example.")]
    public void Value_ThatNoCallCouldHave_IsRefused(string name, string value, string? mistake)
    {
        var settings = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create(name, (string?)value)]).Build());
        settings.Read<ApiPageOptions>();
        Assert.That(settings.Mistakes, mistake is null ? Is.Empty : Is.EqualTo([mistake]));
    }
}
