using System.Text.RegularExpressions;
using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>The properties of librdkafka that an operator may set, as <c>KAFKA_CLIENT_…</c>.</summary>
internal static partial class KafkaClientProperties
{
    private const string Prefix = "KAFKA_CLIENT_";
    private const string NoMembership = "a node reads every partition and commits nothing";
    private const string OwnPlace = "a node always reads on from its own place";
    private const string Promise = "an accepted message is stored, once and in order, before its publisher is told";
    private const string OtherSetting = "another setting sets it: ";

    /// <summary>The properties that the gateway's promises depend on, and why.</summary>
    private static readonly Dictionary<string, string> Refused = new()
    {
        ["group.id"] = OtherSetting + "KAFKA_CONSUMER_GROUP",
        ["bootstrap.servers"] = OtherSetting + "KAFKA_HOSTS",
        ["metadata.broker.list"] = OtherSetting + "KAFKA_HOSTS",
        ["message.max.bytes"] = OtherSetting + "MESSAGE_MAX_BYTES",
        ["message.timeout.ms"] = OtherSetting + "PUBLISH_TIMEOUT_MS",
        ["delivery.timeout.ms"] = OtherSetting + "PUBLISH_TIMEOUT_MS",
        ["topic.metadata.refresh.interval.ms"] = OtherSetting + "KAFKA_METADATA_REFRESH_MS",
        ["security.protocol"] = OtherSetting + "KAFKA_SECURITY_PROTOCOL",
        ["sasl.mechanism"] = OtherSetting + "KAFKA_SASL_MECHANISM",
        ["sasl.mechanisms"] = OtherSetting + "KAFKA_SASL_MECHANISM",
        ["sasl.username"] = OtherSetting + "KAFKA_SASL_USERNAME",
        ["sasl.password"] = OtherSetting + "KAFKA_SASL_PASSWORD",
        ["ssl.ca.location"] = OtherSetting + "KAFKA_SSL_CA_LOCATION",
        ["ssl.certificate.location"] = OtherSetting + "KAFKA_SSL_CERTIFICATE_LOCATION",
        ["ssl.key.location"] = OtherSetting + "KAFKA_SSL_KEY_LOCATION",
        ["ssl.key.password"] = OtherSetting + "KAFKA_SSL_KEY_PASSWORD",
        ["allow.auto.create.topics"] = "missing topics are created with KAFKA_PARTITIONS and KAFKA_REPLICATION_FACTOR",
        ["topic.blacklist"] = "every source topic is read",
        ["enable.auto.commit"] = NoMembership,
        ["auto.commit.enable"] = NoMembership,
        ["enable.auto.offset.store"] = NoMembership,
        ["auto.offset.reset"] = OwnPlace,
        ["enable.partition.eof"] = OwnPlace,
        ["isolation.level"] = "what a transaction aborted must not be delivered",
        ["acks"] = Promise,
        ["request.required.acks"] = Promise,
        ["enable.idempotence"] = Promise,
        ["enable.gapless.guarantee"] = Promise,
        ["transactional.id"] = Promise,
        ["retries"] = Promise,
        ["message.send.max.retries"] = Promise,
        ["max.in.flight"] = Promise,
        ["max.in.flight.requests.per.connection"] = Promise,
        ["queuing.strategy"] = Promise,
        ["delivery.report.only.error"] = Promise,
        ["partitioner"] = "a user's messages share a partition, and Java's clients agree which",
    };

    public static string Name(string setting) => setting[Prefix.Length..].ToLowerInvariant().Replace('_', '.');

    /// <summary>One line for each property that is refused, unknown or has a value that librdkafka does not take.</summary>
    public static IEnumerable<string> Mistakes(IReadOnlyDictionary<string, string> settings)
    {
        var properties = settings.Keys.Order().ToDictionary(Name, setting => setting);
        foreach (var (property, setting) in properties)
        {
            if (WhyRefused(property) is { } why)
            {
                properties.Remove(property);
                yield return $"{setting}: {property} cannot be set; {why}.";
            }
        }

        while (properties.Count > 0 && ClientMistake(properties, settings) is var (culprit, mistake))
        {
            yield return mistake;
            if (culprit is null)
            {
                yield break;
            }

            properties.Remove(culprit);
        }
    }

    private static string? WhyRefused(string property) =>
        Refused.GetValueOrDefault(property)
        ?? (property.StartsWith("group.", StringComparison.Ordinal) || property.StartsWith("auto.commit.", StringComparison.Ordinal)
            ? NoMembership
            : null);

    /// <summary>Asks librdkafka itself, by building clients that have nowhere to connect to. It names one mistake at a time.</summary>
    private static (string? Culprit, string Mistake)? ClientMistake(
        Dictionary<string, string> properties, IReadOnlyDictionary<string, string> settings)
    {
        var values = properties.Select(pair => KeyValuePair.Create(pair.Key, settings[pair.Value]));
        var (producing, consuming) = (values.Append(new("enable.idempotence", "true")), values.Append(new("group.id", "none")));
        try
        {
            using var producer = new ProducerBuilder<Null, Null>(producing).SetLogHandler((_, _) => { }).Build();
            using var consumer = new ConsumerBuilder<Ignore, Ignore>(consuming).SetLogHandler((_, _) => { }).Build();
            return null;
        }
        catch (Exception refusal) when (refusal is InvalidOperationException or ArgumentException or KafkaException)
        {
            // The message may quote the value, which may be a secret.
            var culprit = properties.Keys.FirstOrDefault(property => refusal.Message.Contains($"\"{property}\"", StringComparison.Ordinal));
            return culprit switch
            {
                null => (null, $"{string.Join(", ", properties.Values)}: the Kafka client refuses them together: "
                    + Hide(refusal.Message, values)),
                _ when refusal.Message.StartsWith("No such", StringComparison.Ordinal) => (
                    culprit, $"{properties[culprit]}: the Kafka client has no property {culprit}."),
                _ => (culprit, $"{properties[culprit]}=(hidden): the Kafka client does not take this value{Expected(refusal.Message)}."),
            };
        }
    }

    private static string Hide(string text, IEnumerable<KeyValuePair<string, string>> values) =>
        values.Where(pair => pair.Value.Length > 0)
            .Aggregate(text, (hidden, pair) => hidden.Replace(pair.Value, "(hidden)", StringComparison.Ordinal))
            .ReplaceLineEndings(" ").Trim();

    private static string Expected(string refusal) =>
        Range().Match(refusal) is { Success: true } range ? $"; expected {range.Groups["range"].Value}" : "";

    [GeneratedRegex(@"outside allowed range (?<range>[0-9.-]+)")]
    private static partial Regex Range();
}
