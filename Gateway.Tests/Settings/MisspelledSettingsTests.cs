using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using RigKafka.Settings;

namespace RigKafka.Tests.Settings;

internal sealed class MisspelledSettingsTests
{
    private static readonly IReadOnlyList<Setting> Settings = Program.AddFeatures(Bare()).Settings;

    [TestCase("KAFKA_HOST", "KAFKA_HOSTS")]
    [TestCase("KAFKA_SOURCE_TOPIC", "KAFKA_SOURCE_TOPICS")]
    [TestCase("JWT_SECRET", "JWT_SECRET_KEY")]
    [TestCase("API_TOKENS", "API_TOKEN")]
    [TestCase("INBOUD_PORT", "INBOUND_PORT")]
    [TestCase("HTTPS_CERT_FILE", "HTTPS_CERTFILE")]
    [TestCase("PROXY_CONFIG", "PROXY_CONFIG_FILE")]
    [TestCase("REQUEST_LOGS", "REQUEST_LOG")]
    [TestCase("BLACKLIST_TOPIC", "KAFKA_BLACKLIST_TOPIC")]
    [TestCase("HEARTBEAT_INTERVALL_MS", "HEARTBEAT_INTERVAL_MS")]
    [TestCase("OTEL_SERVICENAME", "OTEL_SERVICE_NAME")]
    [TestCase("OTEL_LOGS_EXPORTER", "OTEL_TRACES_SAMPLER")]
    [TestCase("LOG_FMT", "LOG_FORMAT")]
    [TestCase("TRUSTED_PROXY", null)]
    [TestCase("ALOWED_ORIGIN", "ALLOWED_ORIGINS")]
    public void FindIn_NameThatIsNearlyASetting_IsGivenWithTheNearest(string name, string? nearest) =>
        Assert.That(Find(name), Is.EqualTo(nearest is null ? Array.Empty<string>() : [$"{name} ({nearest}?)"]));

    [TestCase("HOSTNAME")]
    [TestCase("HTTPS_PROXY")]
    [TestCase("KAFKA_HOME")]
    [TestCase("KAFKA_CLIENT_LINGER_MS")]
    [TestCase("KAFKA_SERVICE_HOST")]
    [TestCase("KAFKA_SERVICE_PORT_BROKER")]
    [TestCase("KAFKA_PORT_9092_TCP_ADDR")]
    [TestCase("KAFKA_PORT", "tcp://10.0.0.1:9092")]
    [TestCase("KINESIS_STREAM")]
    [TestCase("SESSION_ROLE")]
    [TestCase("SHOP_HOST")]
    [TestCase("PATH")]
    [TestCase("kafka")]
    [TestCase("Logging:LogLevel:Default")]
    public void FindIn_NameOfSomebodyElse_IsNothing(string name, string value = "x") => Assert.That(Find(name, value), Is.Empty);

    [Test]
    public void FindIn_EverySetting_IsNothing() =>
        Assert.That(Settings.Where(setting => Find(setting.Name.Replace("<NAME>", "ANY", StringComparison.Ordinal)).Count > 0), Is.Empty);

    [Test]
    public void FindIn_Several_AreInAlphabeticalOrder()
    {
        var configuration = Bare().Configuration;
        (configuration["KAFKA_HOST"], configuration["API_PORTS"], configuration["KAFKA_HOSTS"]) = ("a", "b", "c");

        Assert.That(MisspelledSettings.FindIn(configuration, Settings), Is.EqualTo(["API_PORTS (API_PORT?)", "KAFKA_HOST (KAFKA_HOSTS?)"]));
    }

    private static IReadOnlyList<string> Find(string name, string value = "x")
    {
        var configuration = Bare().Configuration;
        configuration[name] = value;
        return MisspelledSettings.FindIn(configuration, Settings);
    }

    private static WebApplicationBuilder Bare()
    {
        var builder = Program.CreateBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection();
        return builder;
    }
}
