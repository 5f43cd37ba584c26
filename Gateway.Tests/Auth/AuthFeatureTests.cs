using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using RigKafka.Auth;
using RigKafka.Messages;
using RigKafka.Settings;

namespace RigKafka.Tests.Auth;

internal sealed class AuthFeatureTests
{
    [Test]
    public void AddAuth_Defaults_GiveWorkingServices()
    {
        var builder = Program.CreateBuilder();
        builder.AddAuth(new SettingsReader(new ConfigurationManager()));
        using var services = builder.Services.BuildServiceProvider(validateScopes: true);

        Assert.That(services.GetRequiredService<TokenVerifier>(), Is.Not.Null);
        Assert.That(services.GetRequiredService<JoinPolicy>(), Is.Not.Null);
    }

    [Test]
    public void AuthOptions_Mistakes_AreAllFound()
    {
        var settings = new SettingsReader(new ConfigurationManager
        {
            ["JWT_SECRET_KEY"] = "top secret",
            ["JWT_USER_FIELD"] = "",
            ["JWT_ROLES_FIELD"] = "",
            ["JWT_CLOCK_SKEW_SECONDS"] = "-1",
            ["JWT_MAX_TOKEN_BYTES"] = "lots",
        });
        settings.Read<AuthOptions>();

        Assert.That(settings.Mistakes, Is.EqualTo([
            "JWT_CLOCK_SKEW_SECONDS=-1: expected an integer from 0 to 3600.",
            "JWT_MAX_TOKEN_BYTES=lots: expected an integer from 256 to 65536.",
            "JWT_USER_FIELD=: expected the name of a claim.",
            "JWT_ROLES_FIELD=: expected the name of a claim.",
        ]));
    }

    [Test]
    public void AuthOptions_SameClaimTwice_IsAMistake()
    {
        var settings = new SettingsReader(new ConfigurationManager { ["JWT_ROLES_FIELD"] = "user" });
        settings.Read<AuthOptions>();

        Assert.That(settings.Mistakes, Is.EqualTo(["JWT_ROLES_FIELD=user: expected another claim than JWT_USER_FIELD."]));
    }

    [Test]
    public void TokenRefusal_EveryValue_HasAWordOfItsOwn() =>
        Assert.That(Enum.GetValues<TokenRefusal>().Select(refusal => refusal.Word()), Is.Unique.And.All.Match("^[a-z_]+$"));
}
