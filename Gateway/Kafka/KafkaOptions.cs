using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.RegularExpressions;
using RigKafka.Settings;

namespace RigKafka.Kafka;

/// <summary>Settings of the log on Kafka.</summary>
internal sealed partial class KafkaOptions : IValidatableObject
{
    /// <summary>The topics of the tables, and the settings that name them.</summary>
    private readonly Dictionary<string, string> _tableTopics = [];

    [ConfigurationKeyName("KAFKA_HOSTS")]
    [Description("The brokers that a node asks for all others, each as host:port.")]
    public IReadOnlyList<string> Hosts { get; set; } = ["localhost:9092"];

    [ConfigurationKeyName("KAFKA_SOURCE_TOPICS")]
    [Description("The Kafka topics that messages are read from. Their order is part of every event id: all nodes need the same.")]
    public IReadOnlyList<string> SourceTopics { get; set; } = ["rig"];

    [ConfigurationKeyName("KAFKA_PUBLISH_TOPIC")]
    [Description("The source topic that published messages are written to. Default: the first source topic.")]
    public string PublishTopic { get; set; } = "";

    [ConfigurationKeyName("KAFKA_CONSUMER_GROUP")]
    [Description("What the name of each node's own consumer group starts with; its node id is appended. Nothing is ever committed.")]
    public string ConsumerGroup { get; set; } = "rig-consumer-group";

    // 12 divides evenly among 2, 3, 4 or 6 brokers, and keeps event ids at some 60
    // characters. It bounds what can be written, not how many nodes can read.
    [ConfigurationKeyName("KAFKA_PARTITIONS")]
    [Description("How many partitions a missing source topic is created with.")]
    [Range(1, 10_000)]
    public int Partitions { get; set; } = 12;

    [ConfigurationKeyName("KAFKA_REPLICATION_FACTOR")]
    [Description("How many replicas a missing source topic is created with; -1 leaves it to the broker.")]
    [Range(-1, 1_000)]
    public int ReplicationFactor { get; set; } = -1;

    [ConfigurationKeyName("KAFKA_METADATA_REFRESH_MS")]
    [Description("How often, in milliseconds, the Kafka client refreshes what it knows of topics, and a node looks at the table topics; and for how long a "
        + "source topic that was read may be missing before a node creates it again. A node looks at source topics about every 2 s.")]
    [Range(100, 30_000)]
    public int MetadataRefreshMs { get; set; } = 30_000;

    [ConfigurationKeyName("KAFKA_SECURITY_PROTOCOL"), AllowedValues("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")]
    [Description("Whether connections to the brokers use TLS (ssl), and a name and a password (sasl).")]
    public string SecurityProtocol { get; set; } = "plaintext";

    [ConfigurationKeyName("KAFKA_SASL_MECHANISM"), AllowedValues("", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")]
    [Description("How to prove the password to the brokers. Without TLS, PLAIN shows it to everybody who can read the network.")]
    public string SaslMechanism { get; set; } = "";

    [ConfigurationKeyName("KAFKA_SASL_USERNAME")]
    [Description("The name to log in with at the brokers.")]
    public string SaslUsername { get; set; } = "";

    [ConfigurationKeyName("KAFKA_SASL_PASSWORD")]
    [Description("The password to log in with at the brokers.")]
    [Secret]
    public string SaslPassword { get; set; } = "";

    [ConfigurationKeyName("KAFKA_SSL_CA_LOCATION")]
    [Description("A file (PEM) with the certificates that the brokers' own are signed with. Default: those that the operating system "
        + "trusts.")]
    public string SslCaLocation { get; set; } = "";

    [ConfigurationKeyName("KAFKA_SSL_CERTIFICATE_LOCATION")]
    [Description("A file (PEM) with the certificate that this node shows to the brokers, and those it is signed with, if they ask for "
        + "one.")]
    public string SslCertificateLocation { get; set; } = "";

    [ConfigurationKeyName("KAFKA_SSL_KEY_LOCATION")]
    [Description("A file (PEM) with the private key to KAFKA_SSL_CERTIFICATE_LOCATION.")]
    public string SslKeyLocation { get; set; } = "";

    [ConfigurationKeyName("KAFKA_SSL_KEY_PASSWORD")]
    [Description("The password of the private key, if it is encrypted.")]
    [Secret]
    public string SslKeyPassword { get; set; } = "";

    [ConfigurationKeyName("KAFKA_CLIENT_")]
    [Description("Any property of librdkafka, the Kafka client: KAFKA_CLIENT_SOCKET_TIMEOUT_MS is socket.timeout.ms. Those that the "
        + "gateway's promises rest on are refused.")]
    [Secret]
    public IReadOnlyDictionary<string, string> Client { get; set; } = new Dictionary<string, string>();

    /// <summary>What <see cref="IsTopicName"/> accepts, for error texts.</summary>
    public const string ExpectedTopicName = "expected a name of 1 to 249 letters, digits, dots, hyphens and underscores";

    /// <summary>The topics of all tables.</summary>
    public IReadOnlyCollection<string> TableTopics => _tableTopics.Keys;

    /// <summary>Where published messages go.</summary>
    public string WriteTo => PublishTopic.Length > 0 ? PublishTopic : SourceTopics[0];

    public TimeSpan MetadataRefresh => TimeSpan.FromMilliseconds(MetadataRefreshMs);

    public static bool IsTopicName(string text) => TopicName().IsMatch(text);

    /// <summary>Reserves a topic for a table. Returns what is wrong with that; null when nothing is.</summary>
    public string? TakeTopic(string setting, string topic)
    {
        if (!IsTopicName(topic))
        {
            return $"{setting}={topic}: {ExpectedTopicName}.";
        }

        var taken = SourceTopics.Contains(topic) ? "among KAFKA_SOURCE_TOPICS" : _tableTopics.GetValueOrDefault(topic);
        return _tableTopics.TryAdd(topic, setting) && taken is null ? null : $"{setting}={topic}: expected a topic that is not {taken}.";
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        HostMistakes().Concat(TopicMistakes()).Concat(KafkaClientProperties.Mistakes(Client)).Concat(KafkaSecurity.Mistakes(this))
            .Select(mistake => new ValidationResult(mistake));

    private IEnumerable<string> HostMistakes()
    {
        if (Hosts.Count == 0)
        {
            yield return "KAFKA_HOSTS=: expected at least one host:port.";
        }

        foreach (var host in Hosts.Where(host => !IsHostAndPort(host)))
        {
            yield return $"KAFKA_HOSTS={host}: expected host:port with a port from 1 to 65535.";
        }
    }

    private IEnumerable<string> TopicMistakes()
    {
        if (SourceTopics.Count == 0)
        {
            yield return "KAFKA_SOURCE_TOPICS=: expected at least one source topic.";
        }

        foreach (var topic in SourceTopics.Where(topic => !IsTopicName(topic)))
        {
            yield return $"KAFKA_SOURCE_TOPICS={topic}: {ExpectedTopicName}.";
        }

        foreach (var topic in SourceTopics.CountBy(topic => topic).Where(count => count.Value > 1).Select(count => count.Key))
        {
            yield return $"KAFKA_SOURCE_TOPICS: {topic} is named twice; expected different source topics.";
        }

        if (PublishTopic.Length > 0 && !SourceTopics.Contains(PublishTopic))
        {
            var topics = string.Join(',', SourceTopics);
            yield return $"KAFKA_PUBLISH_TOPIC={PublishTopic}: expected one of KAFKA_SOURCE_TOPICS, which are {topics}.";
        }

        if (ConsumerGroup.Length == 0)
        {
            yield return "KAFKA_CONSUMER_GROUP=: expected a prefix that is not empty.";
        }

        if (ReplicationFactor == 0)
        {
            yield return "KAFKA_REPLICATION_FACTOR=0: expected -1 or at least 1.";
        }
    }

    private static bool IsHostAndPort(string text) =>
        HostAndPort().Match(text) is { Success: true } match
        && int.TryParse(match.Groups["port"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
        && port is > 0 and <= 65_535;

    [GeneratedRegex(@"^(\[[0-9A-Fa-f:.%a-z]+\]|[^\s:/,\[\]]+):(?<port>[0-9]{1,5})\z")]
    private static partial Regex HostAndPort();

    [GeneratedRegex(@"^(?!\.{1,2}\z)[A-Za-z0-9._-]{1,249}\z")]
    private static partial Regex TopicName();
}
