using System.Reflection;
using NUnit.Framework;
using RigKafka.Auth;

namespace RigKafka.Tests.Auth;

internal sealed class TokenGateTests
{
    [Test]
    public void TokenVerifier_IsAskedByTheGateOnly_SoThatNobodyForgetsTheBlacklist()
    {
        var askers = typeof(Program).Assembly.GetTypes()
            .Where(type => type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Any(constructor => constructor.GetParameters().Any(parameter => parameter.ParameterType == typeof(TokenVerifier))));

        Assert.That(askers, Is.EqualTo([typeof(TokenGate)]));
    }
}
