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

    [TestCase("JWT_JWKS_URL", "https://reader:hush-hush@issuer.example/keys?code=hush-hush", "https://(hidden)@issuer.example/keys?(hidden)")]
    [TestCase("OTEL_EXPORTER_OTLP_ENDPOINT", "http://writer:hush-hush@collector:4317", "http://(hidden)@collector:4317")]
    [TestCase("PROXY_CONFIG_FILE", """[{"id":"a","version_data":{"default":{"transform_request_headers":{"add_headers":{"authorization":"hush-hush"}},"endpoints":[{"path":"/x","method":"GET"}]}},"proxy":{"use_env":false,"target_url":"h","port":1}}]""", "(hidden)")]
    [TestCase("KAFKA_CLIENT_SSL_KEY_PEM", "hush-hush", null)]
    public async Task Command_ShowsPresentValues_WithoutWhatIsSecretInThem(string name, string value, string? shown)
    {
        await using var settings = GatewayProcess.Run(new Dictionary<string, string> { [name] = value }, "settings");
        await settings.Exit();
        Assert.That(settings.Output.Concat(settings.Error), Has.None.Contains(Hush));
        Assert.That(settings.Output, Has.Count.GreaterThan(100));
        Assert.That(settings.Output.Where(line => line.StartsWith($"  {name}=", StringComparison.Ordinal)), shown is null ? Is.Empty : Is.EqualTo([$"  {name}={shown}"]));
    }

    [TestCase("JWT_JWKS_URL", "issuer:hush-hush@example")]
    [TestCase("JWT_JWKS_URL", "ftp://reader:hush-hush@issuer.example")]
    [TestCase("PROXY_CONFIG_FILE", """'[{"add_headers":{"authorization":"hush-hush"}}]'""")]
    [TestCase("ALLOWED_ORIGINS", "https://reader:hush-hush@app.example")]
    [TestCase("API_PORT", "http://reader:hush-hush@app.example")]
    public async Task Mistake_DoesNotShowThePasswordInIt(string name, string value)
    {
        await using var gateway = GatewayProcess.Run(new Dictionary<string, string> { [name] = value });
        Assert.That(await gateway.Exit(), Is.EqualTo(1));
        Assert.That(gateway.Output.Concat(gateway.Error), Has.None.Contains(Hush));
        Assert.That(gateway.Error, Has.One.StartsWith($"{name}="));
    }

    [Test]
    public async Task WhatKubernetesSaysOfServices_CalledLikeSettings_IsIgnored_AndNamed()
    {
        var links = new Dictionary<string, string>
        {
            ["API_PORT"] = "tcp://10.96.0.7:80",
            ["API_SERVICE_HOST"] = "10.96.0.7",
            ["INBOUND_PORT"] = "udp://10.96.0.8:80",
            ["KAFKA_CLIENT_SERVICE_HOST"] = "10.96.0.9",
            ["KAFKA_CLIENT_SERVICE_PORT"] = "9092",
            ["KAFKA_CLIENT_SERVICE_PORT_BROKER"] = "9092",
            ["KAFKA_CLIENT_PORT"] = "tcp://10.96.0.9:9092",
            ["KAFKA_CLIENT_PORT_9092_TCP"] = "tcp://10.96.0.9:9092",
            ["KAFKA_CLIENT_PORT_9092_TCP_PROTO"] = "tcp",
            ["KAFKA_CLIENT_PORT_9092_TCP_PORT"] = "9092",
            ["KAFKA_CLIENT_PORT_9092_TCP_ADDR"] = "10.96.0.9",
        };
        await using var settings = GatewayProcess.Run(links, "settings");
        Assert.That(await settings.Exit(), Is.Zero, () => string.Join('\n', settings.Error));
        Assert.That(settings.Output, Has.One.EqualTo("  API_PORT=4010").And.One.EqualTo("  INBOUND_PORT=4000").And.One.EqualTo("  KAFKA_CLIENT_<NAME>="));

        await using var gateway = await GatewayProcess.Start(links);
        var line = await gateway.Line("ignored as settings");
        foreach (var name in links.Keys.Where(name => name.StartsWith("KAFKA_CLIENT_", StringComparison.Ordinal)))
        {
            Assert.That(line, Does.Contain(name));
        }

        Assert.That(line, Does.Not.Contain("API_SERVICE_HOST").And.Not.Contain("10.96"));
    }

    [Test]
    public async Task SecretOfAFile_WithALineBreakAtItsEnd_IsSaid_AndTokensAreTaken()
    {
        await using var node = await GatewayNode.Start(new() { ["JWT_SECRET_KEY"] = Token.Secret + "\n", ["DEMO_ENABLED"] = "true" });
        Assert.That((await node.Log.First("SecretLineBreak")).Text, Does.Contain("JWT_SECRET_KEY").And.Not.Contain(Token.Secret));
        const string Claims = """{"user":"alice","roles":[],"exp":4102444800,"jti":"1"}""";
        using var demo = await node.GetApi("/demo/token?user=alice");
        foreach (var token in new[] { Token.Signed(Claims), Jws.Sign(Claims, secret: Token.Secret + "\n"), await demo.Content.ReadAsStringAsync() })
        {
            using var stream = await SseClient.Open(node.External, $"users[]=alice&token={token}");
            Assert.That((await stream.Next("phx_reply")).Data, Does.Contain("\"status\":\"ok\""));
        }
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
        var empty = Jws.Sign("""{"user":"alice","roles":[],"exp":4102444800,"jti":"1"}""", secret: "");
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

        Assert.That(await gateway.Line("look like settings"), Does.EndWith("These variables look like settings, but are not: JWT_SECRET (JWT_SECRET_KEY?), KAFKA_HOST (KAFKA_HOSTS?)."));
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
        await stream.Next(2);
        await node.Publish("""{"user":"bob"}""");
        await stream.Next("message");
    }
}
