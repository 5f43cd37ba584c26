using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Settings;

/// <summary>The program as an operator meets it first: what it says of its settings, and its commands.</summary>
internal sealed class SettingsTests
{
    private const string Hush = "hush-hush";

    [Test]
    public async Task Mistakes_AreReportedTogether_OneLineEach_WithoutSecrets()
    {
        await using var gateway = GatewayProcess.Run(new Dictionary<string, string>
        {
            ["INBOUND_PORT"] = "http",
            ["API_PORT"] = "70000",
            ["LISTEN_ADDRESS"] = "here",
            ["LOG_LEVEL"] = "loud",
            ["HEARTBEAT_INTERVAL_MS"] = "0",
            ["OUTBOX_MAX_BYTES"] = "900000",
            ["JWT_SECRET_KEY"] = Hush,
            ["JWT_CLOCK_SKEW_SECONDS"] = "a\nb",
            ["KAFKA_ENABLED"] = "maybe",
            ["KAFKA_HOSTS"] = "localhost",
            ["KAFKA_SOURCE_TOPICS"] = "rig,a b",
            ["KAFKA_PUBLISH_TOPIC"] = "elsewhere",
            ["KAFKA_CLIENT_GROUP_ID"] = Hush,
            ["KAFKA_CLIENT_ACKS"] = Hush,
            ["KAFKA_CLIENT_SOCKET_TIMEOUT_MS"] = Hush,
            ["KAFKA_CLIENT_NO_SUCH_THING"] = Hush,
        });

        Assert.That(await gateway.Exit(), Is.EqualTo(1));

        Assert.That(gateway.Output, Is.Empty);
        var names = gateway.Error.Select(line => line.Split('=', ':')[0]);
        Assert.That(names, Is.EquivalentTo([
            "INBOUND_PORT", "API_PORT", "LISTEN_ADDRESS", "LOG_LEVEL", "HEARTBEAT_INTERVAL_MS", "OUTBOX_MAX_BYTES", "JWT_CLOCK_SKEW_SECONDS", "KAFKA_ENABLED", "KAFKA_HOSTS",
            "KAFKA_SOURCE_TOPICS", "KAFKA_PUBLISH_TOPIC", "KAFKA_CLIENT_GROUP_ID", "KAFKA_CLIENT_ACKS", "KAFKA_CLIENT_SOCKET_TIMEOUT_MS", "KAFKA_CLIENT_NO_SUCH_THING",
        ]));
        Assert.That(gateway.Error, Has.None.Contains(Hush));
        Assert.That(gateway.Error, Has.One.EqualTo("HEARTBEAT_INTERVAL_MS=0: expected an integer from 100 to 3600000."));
        Assert.That(gateway.Error, Has.One.EqualTo("KAFKA_ENABLED=maybe: expected true, 1, yes, false, 0 or no."));
    }

    [Test]
    public async Task PortThatIsTaken_IsSaid_AndTheExitCodeTells()
    {
        await using var first = await GatewayProcess.Start(new Dictionary<string, string>());
        await using var second = GatewayProcess.Run(new Dictionary<string, string>
        {
            ["LISTEN_ADDRESS"] = "127.0.0.1",
            ["INBOUND_PORT"] = $"{first.External.Port}",
            ["API_PORT"] = "0",
        });

        Assert.That(await second.Exit(), Is.EqualTo(1));
        Assert.That(second.Error, Is.EqualTo(new[] { $"INBOUND_PORT={first.External.Port}: expected a free port; another process listens there." }));
    }

    [Test]
    public async Task EmptySecret_IsSaidAtStart_AndNobodyIsLetIn()
    {
        await using var gateway = await GatewayProcess.Start(new Dictionary<string, string> { ["JWT_SECRET_KEY"] = "" });

        Assert.That(await gateway.Line("JWT_SECRET_KEY is empty"), Does.Contain("every token will be refused"));
        using var connection = await RawConnection.Open(gateway.External);
        var empty = RigKafka.Tests.Auth.Jws.Sign("""{"user":"alice","roles":[],"exp":4102444800,"jti":"1"}""", secret: "");
        Assert.That((await connection.Ask("GET", $"/socket/sse?users[]=alice&token={empty}")).Status, Is.EqualTo(401));
    }

    [Test]
    public async Task VariablesOfTheOriginal_ThatMeanNothingHere_AreNamed()
    {
        await using var gateway = await GatewayProcess.Start(new Dictionary<string, string> { ["NODE_HOST"] = "a", ["KINESIS_ENABLED"] = "true", ["DISCOVERY_TYPE"] = "dns" });

        Assert.That(await gateway.Line("mean nothing here"), Does.Contain("DISCOVERY_TYPE").And.Contain("KINESIS_ENABLED").And.Contain("NODE_HOST"));
    }

    [Test]
    public async Task VariablesThatLookLikeSettings_AreNamedInOneLine_WithoutTheirValues()
    {
        await using var gateway = await GatewayProcess.Start(new Dictionary<string, string> { ["KAFKA_HOST"] = Hush, ["JWT_SECRET"] = Hush });

        Assert.That(await gateway.Line("look like settings"), Does.EndWith("These variables look like settings, but are none: JWT_SECRET (JWT_SECRET_KEY?), KAFKA_HOST (KAFKA_HOSTS?)."));
        Assert.That(gateway.Output, Has.None.Contains(Hush));
    }

    [Test]
    public async Task CommandSettings_ShowsEverySetting_WithoutSecrets()
    {
        await using var command = GatewayProcess.Run(new Dictionary<string, string> { ["JWT_SECRET_KEY"] = Hush, ["KAFKA_CLIENT_SASL_OAUTHBEARER_CONFIG"] = Hush, ["API_PORT"] = "4711" }, "settings");

        Assert.That(await command.Exit(), Is.Zero);

        Assert.That(command.Output, Has.None.Contains(Hush));
        Assert.That(command.Output.Select(line => line.Trim()), Has.One.EqualTo("JWT_SECRET_KEY=(hidden)").And.One.EqualTo("API_PORT=4711").And.One.Contains("KAFKA_CLIENT_SASL_OAUTHBEARER_CONFIG"));
    }

    [TestCase("HS256")]
    [TestCase("HS384")]
    [TestCase("HS512")]
    public async Task CommandToken_MakesOneThatANodeTakes(string algorithm)
    {
        await using var command = GatewayProcess.Run(new Dictionary<string, string>(), "token", "--secret", "myJwtSecret", "--user", "alice", "--roles", "a,b", "--alg", algorithm);
        Assert.That(await command.Exit(), Is.Zero);

        await using var node = await GatewayNode.Start(new() { ["JWT_SECRET_KEY"] = "myJwtSecret", ["PRIVILEGED_ROLES"] = "b" });
        using var stream = await SseClient.Open(node.External, $"users[]=alice&users[]=bob&token={command.Output.Single()}");
        await stream.Next(3);
        await node.Publish("""{"user":"bob"}""");
        await stream.Next("message");
    }
}
