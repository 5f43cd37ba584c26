using NUnit.Framework;
using RigKafka.Auth;

namespace RigKafka.Tests.Auth;

internal sealed class SecretAdviceTests
{
    [TestCase("", "SecretMissing")]
    [TestCase("myJwtSecret", "SecretShort")]
    [TestCase("ü123456789012345678901234567890", null)]
    [TestCase("1234567890123456789012345678901", "SecretShort")]
    [TestCase("12345678901234567890123456789012", null)]
    public async Task StartAsync_Secret_IsJudgedByItsBytes(string secret, string? warning)
    {
        var log = new LogLines<SecretAdvice>();
        await new SecretAdvice(new AuthOptions { SecretKey = secret }, log).StartAsync(CancellationToken.None);

        Assert.That(log.Lines, Has.Count.EqualTo(warning is null ? 0 : 1));
        Assert.That(log.Lines, Has.All.StartsWith($"Warning {warning} ").And.All.Not.Contain("1234").And.All.Not.Contain("myJwtSecret"));
    }

    [TestCase("JWT_PUBLIC_KEY")]
    [TestCase("JWT_JWKS_URL")]
    public async Task StartAsync_NoSecretButPublicKeys_IsFine(string setting)
    {
        var log = new LogLines<SecretAdvice>();
        var options = setting == "JWT_PUBLIC_KEY" ? new AuthOptions { PublicKey = "some.pem" } : new AuthOptions { JwksUrl = "https://example.com/keys" };
        await new SecretAdvice(options, log).StartAsync(CancellationToken.None);

        Assert.That(log.Lines, Is.Empty);
    }

    [Test]
    public async Task StartAsync_ShortSecretsBesideAPublicKey_AreNamed()
    {
        var log = new LogLines<SecretAdvice>();
        await new SecretAdvice(new AuthOptions { SecretKey = "a", PreviousSecretKey = "b", PublicKey = "some.pem" }, log).StartAsync(CancellationToken.None);

        Assert.That(log.Lines, Is.EqualTo([
            "Warning SecretShort JWT_SECRET_KEY is shorter than 32 bytes: fine to try things out, but it can be guessed.",
            "Warning SecretShort JWT_PREVIOUS_SECRET_KEY is shorter than 32 bytes: fine to try things out, but it can be guessed.",
        ]));
    }
}
