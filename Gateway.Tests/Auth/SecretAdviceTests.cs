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
}
