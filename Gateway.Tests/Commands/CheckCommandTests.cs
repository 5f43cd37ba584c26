using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using RigKafka.Commands;
using RigKafka.Settings;

namespace RigKafka.Tests.Commands;

/// <summary>The command of a node without Kafka; with Kafka it is tried in the integration tests.</summary>
internal sealed class CheckCommandTests
{
    private const string KafkaIsOff = "note Kafka is off: messages are kept in the memory of this node alone. With KAFKA_ENABLED=true they are kept in Kafka.";

    private static readonly Dictionary<string, string?> Good = new()
    {
        ["INBOUND_PORT"] = "0",
        ["API_PORT"] = "0",
        ["LISTEN_ADDRESS"] = "127.0.0.1",
        ["JWT_SECRET_KEY"] = "s3cret",
    };

    [Test]
    public void Check_AllIsWell_IsOneLineEach()
    {
        var (code, lines) = Check(Good);

        Assert.That(code, Is.Zero);
        Assert.That(lines, Is.EqualTo(["ok Settings: none is wrong.", "ok The ports 0, 0 are free.", "ok Tokens may be signed with HS256, HS384, HS512.", KafkaIsOff]));
    }

    [Test]
    public void Check_VariableThatIsNearlyASetting_IsSaid_AndIsNotWrong()
    {
        var (code, lines) = Check(new(Good) { ["KAFKA_HOST"] = "b:9092" });

        Assert.That(code, Is.Zero);
        Assert.That(lines, Has.One.EqualTo("note This variable looks like a setting, but is not: KAFKA_HOST (KAFKA_HOSTS?)."));
    }

    [Test]
    public void Check_WrongSettings_AreAllSaid()
    {
        var (code, lines) = Check(new(Good) { ["API_PORT"] = "http", ["JWT_CLOCK_SKEW_SECONDS"] = "some" });

        Assert.That((code, lines.Length), Is.EqualTo((1, 2)));
        Assert.That(lines, Has.Some.StartWith("wrong API_PORT=http: expected an integer from ").And.Some.EqualTo("wrong JWT_CLOCK_SKEW_SECONDS=some: expected an integer from 0 to 3600."));
    }

    [Test]
    public void Check_PortThatIsTaken_AndNoKey_AreSaid()
    {
        using var taken = new Socket(SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;

        var (code, lines) = Check(new(Good) { ["API_PORT"] = $"{port}", ["JWT_SECRET_KEY"] = "" });

        Assert.That(code, Is.EqualTo(1));
        Assert.That(lines, Is.EqualTo([
            "ok Settings: none is wrong.",
            $"wrong API_PORT={port}: expected a free port; another process listens there.",
            "wrong Every token will be refused; expected JWT_SECRET_KEY, JWT_PUBLIC_KEY or JWT_JWKS_URL.",
            KafkaIsOff,
        ]));
    }

    [Test]
    public async Task Check_KeySet_IsAsked()
    {
        await using var server = await JwksServer.Start(Jwk.Set(Jwk.Of("k1", TestKeys.Rsa)));
        var settings = new Dictionary<string, string?>(Good) { ["JWT_JWKS_URL"] = server.Url };

        Assert.That(Check(settings).Lines[^2], Is.EqualTo("ok JWT_JWKS_URL answers, with 1 key(s) that can be used."));
        server.Answer = null;
        var (code, lines) = Check(settings);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(lines[^2], Is.EqualTo("wrong JWT_JWKS_URL gives no keys: it was answered with 500; expected a JSON web key set with a key for signatures."));
    }

    [TestCase(5, "ok The certificate of CN=localhost is valid until ")]
    [TestCase(-1, "wrong The certificate of CN=localhost expired at ")]
    public void Check_Certificate_IsLookedAt(double validFor, string start)
    {
        using var certificates = new TestCertificates();
        certificates.Renew(validFor);

        var (code, lines) = Check(new(Good.Concat(certificates.Settings)));

        Assert.That(code, Is.EqualTo(validFor > 0 ? 0 : 1));
        Assert.That(lines, Has.One.StartsWith(start).And.One.EqualTo("ok The ports 0, 0, 0, 0 are free."));
    }

    [Test]
    public void Check_ThatFailsUnforeseen_IsALineToo()
    {
        var (code, lines) = Check(Good, new EnvironmentCheck("The moon", _ => throw new InvalidOperationException("It is not there.")));

        Assert.That((code, lines[^1]), Is.EqualTo((1, "wrong The moon: It is not there; expected an answer.")));
    }

    private static (int Code, string[] Lines) Check(Dictionary<string, string?> environment, params EnvironmentCheck[] more)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var code = CommandLine.Run(["check"], () => 42, () => Assemble(environment, more), new InvocationConfiguration { Output = output });
        return (code, output.ToString().TrimEnd().Split('\n'));
    }

    private static (SettingsReader, Func<IServiceProvider>) Assemble(Dictionary<string, string?> environment, EnvironmentCheck[] more)
    {
        var builder = Program.CreateBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(environment);
        var settings = Program.AddFeatures(builder);
        return (settings, Build);

        IServiceProvider Build()
        {
            builder.Logging.ClearProviders();
            Array.ForEach(more, check => builder.Services.AddSingleton(check));
            return builder.Build().Services;
        }
    }
}
