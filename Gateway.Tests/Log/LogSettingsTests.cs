using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;
using RigKafka.Settings;
using RigKafka.Telemetry;

namespace RigKafka.Tests.Log;

internal sealed class LogSettingsTests
{
    [Test]
    public void Read_OfNothing_HasDefaultsWithoutAMistake()
    {
        var (log, kafka, mistakes) = Read();

        Assert.That(mistakes, Is.Empty);
        Assert.That((log.KafkaEnabled, log.PublishTimeoutMs, log.MessageMaxBytes, log.EmbeddedMaxBytes), Is.EqualTo((false, 5_000, 921_600, 1_048_576)));
        Assert.That((kafka.Hosts.Single(), kafka.SourceTopics.Single(), kafka.WriteTo, kafka.ConsumerGroup), Is.EqualTo(("localhost:9092", "rig", "rig", "rig-consumer-group")));
        Assert.That((kafka.Partitions, kafka.ReplicationFactor, kafka.MetadataRefreshMs), Is.EqualTo((12, -1, 30_000)));
    }

    [Test]
    public void Read_OfGoodSettings_TakesThem()
    {
        var (log, kafka, mistakes) = Read(
            ("KAFKA_ENABLED", "yes"),
            ("KAFKA_HOSTS", "a.example:9092, [::1]:9093"),
            ("KAFKA_SOURCE_TOPICS", "one, two"),
            ("KAFKA_PUBLISH_TOPIC", "two"),
            ("KAFKA_CLIENT_SOCKET_TIMEOUT_MS", "5000"),
            ("KAFKA_CLIENT_SASL_OAUTHBEARER_CLIENT_SECRET", "s3cret"));

        Assert.That(mistakes, Is.Empty);
        Assert.That(log.KafkaEnabled, Is.True);
        Assert.That(string.Join(' ', kafka.Hosts), Is.EqualTo("a.example:9092 [::1]:9093"));
        Assert.That(kafka.WriteTo, Is.EqualTo("two"));
        Assert.That(new KafkaConfig(log, kafka, NodeId.New()).Consumer().SocketTimeoutMs, Is.EqualTo(5_000));
    }

    [TestCase("KAFKA_HOSTS", "localhost", "expected host:port")]
    [TestCase("KAFKA_HOSTS", "localhost:0", "expected host:port")]
    [TestCase("KAFKA_HOSTS", "localhost:65536", "expected host:port")]
    [TestCase("KAFKA_HOSTS", "http://localhost:9092", "expected host:port")]
    [TestCase("KAFKA_HOSTS", ",", "at least one")]
    [TestCase("KAFKA_SOURCE_TOPICS", ",", "at least one")]
    [TestCase("KAFKA_SOURCE_TOPICS", "a,b,a", "a is named twice")]
    [TestCase("KAFKA_SOURCE_TOPICS", "a b", "expected a name")]
    [TestCase("KAFKA_SOURCE_TOPICS", "..", "expected a name")]
    [TestCase("KAFKA_PUBLISH_TOPIC", "other", "expected one of KAFKA_SOURCE_TOPICS, which are rig")]
    [TestCase("KAFKA_CONSUMER_GROUP", "", "not empty")]
    [TestCase("KAFKA_PARTITIONS", "0", "from 1")]
    [TestCase("KAFKA_REPLICATION_FACTOR", "0", "at least 1")]
    [TestCase("KAFKA_METADATA_REFRESH_MS", "30001", "to 30000")]
    [TestCase("PUBLISH_TIMEOUT_MS", "99", "from 100")]
    public void Read_OfAMistake_NamesItAndWhatIsAllowed(string name, string value, string allowed)
    {
        var (_, _, mistakes) = Read((name, value));

        Assert.That(mistakes.Single(), Does.StartWith(name).And.Contain(allowed).And.Not.Contain("\n"));
    }

    [TestCase("GROUP_ID")]
    [TestCase("GROUP_INSTANCE_ID")]
    [TestCase("ACKS")]
    [TestCase("REQUEST_REQUIRED_ACKS")]
    [TestCase("ENABLE_IDEMPOTENCE")]
    [TestCase("TRANSACTIONAL_ID")]
    [TestCase("AUTO_OFFSET_RESET")]
    [TestCase("ENABLE_AUTO_COMMIT")]
    [TestCase("AUTO_COMMIT_INTERVAL_MS")]
    [TestCase("ENABLE_AUTO_OFFSET_STORE")]
    [TestCase("ISOLATION_LEVEL")]
    [TestCase("PARTITIONER")]
    [TestCase("BOOTSTRAP_SERVERS")]
    [TestCase("METADATA_BROKER_LIST")]
    [TestCase("MESSAGE_TIMEOUT_MS")]
    [TestCase("MESSAGE_MAX_BYTES")]
    [TestCase("MAX_IN_FLIGHT")]
    [TestCase("SECURITY_PROTOCOL")]
    [TestCase("SASL_MECHANISM")]
    [TestCase("SASL_MECHANISMS")]
    [TestCase("SASL_USERNAME")]
    [TestCase("SASL_PASSWORD")]
    [TestCase("SSL_CA_LOCATION")]
    [TestCase("SSL_CERTIFICATE_LOCATION")]
    [TestCase("SSL_KEY_LOCATION")]
    [TestCase("SSL_KEY_PASSWORD")]
    [TestCase("RETRIES")]
    public void Read_OfAClientPropertyThatAPromiseRestsOn_IsRefusedWithTheReason(string property)
    {
        var (_, _, mistakes) = Read(($"KAFKA_CLIENT_{property}", "s3cret"));

        Assert.That(mistakes.Single(), Does.Match($"^KAFKA_CLIENT_{property}: {property.ToLowerInvariant().Replace('_', '.')} cannot be set; .+\\.$").And.Not.Contain("s3cret"));
    }

    [Test]
    public void Read_OfClientPropertiesThatKafkaDoesNotTake_NamesEachAndHidesValues()
    {
        var (_, _, mistakes) = Read(
            ("KAFKA_CLIENT_NO_SUCH_THING", "s3cret"),
            ("KAFKA_CLIENT_BROKER_ADDRESS_FAMILY", "s3cret"),
            ("KAFKA_CLIENT_SOCKET_TIMEOUT_MS", "999999999"),
            ("KAFKA_CLIENT_ACKS", "1"),
            ("KAFKA_HOSTS", "nowhere"));

        Assert.That(mistakes, Is.EquivalentTo(Regex.Split(
            """
            KAFKA_HOSTS=nowhere: expected host:port with a port from 1 to 65535.
            KAFKA_CLIENT_ACKS: acks cannot be set; an accepted message is stored, once and in order, before its publisher is told.
            KAFKA_CLIENT_NO_SUCH_THING: the Kafka client has no property no.such.thing.
            KAFKA_CLIENT_BROKER_ADDRESS_FAMILY=(hidden): the Kafka client does not take this value.
            KAFKA_CLIENT_SOCKET_TIMEOUT_MS=(hidden): the Kafka client does not take this value; expected 10..300000.
            """,
            "\n")));
    }

    [Test]
    public void Read_OfClientPropertiesThatDoNotGoTogether_SaysSo()
    {
        var (_, _, mistakes) = Read(("KAFKA_CLIENT_RECONNECT_BACKOFF_MS", "30002"), ("KAFKA_CLIENT_RECONNECT_BACKOFF_MAX_MS", "30001"));

        Assert.That(mistakes.Single(), Does.StartWith("KAFKA_CLIENT_RECONNECT_BACKOFF_MAX_MS, KAFKA_CLIENT_RECONNECT_BACKOFF_MS: the Kafka client refuses them together: ").And.Not.Contain("3000"));
    }

    [TestCase("false", typeof(EmbeddedLog))]
    [TestCase("true", typeof(KafkaLog))]
    public async Task AddLogAndKafka_ByTheSetting_GiveOneOfTheTwo(string enabled, Type expected)
    {
        var builder = Program.CreateBuilder();
        builder.Services.AddMetrics().AddSingleton<GatewayMetrics>();
        var settings = new SettingsReader(Configuration([("KAFKA_ENABLED", enabled), ("KAFKA_HOSTS", "127.0.0.1:1")]));
        builder.AddLog(settings);
        builder.AddKafka(settings);

        await using var app = builder.Build();

        Assert.That(app.Services.GetRequiredService<IMessageLog>(), Is.InstanceOf(expected));
    }

    private static (LogOptions Log, KafkaOptions Kafka, IReadOnlyList<string> Mistakes) Read(params (string Name, string Value)[] settings)
    {
        var reader = new SettingsReader(Configuration(settings));
        return (reader.Read<LogOptions>(), reader.Read<KafkaOptions>(), reader.Mistakes);
    }

    private static IConfigurationRoot Configuration((string Name, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build();
}
