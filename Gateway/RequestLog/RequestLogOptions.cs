using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using RigKafka.Kafka;

namespace RigKafka.RequestLog;

/// <summary>Where proxied calls are logged.</summary>
internal sealed class RequestLogOptions : IValidatableObject
{
    public const string Console = "console";
    public const string Kafka = "kafka";
    public const string TopicSetting = "KAFKA_LOG_TOPIC";

    [ConfigurationKeyName("REQUEST_LOG")]
    [Description("Where each proxied call is logged: console (one line), kafka (one record, for calls with a token), both, or nowhere "
        + "when empty.")]
    public IReadOnlyList<string> Sinks { get; set; } = [];

    [ConfigurationKeyName(TopicSetting)]
    [Description("The Kafka topic that proxied calls are logged in.")]
    public string Topic { get; set; } = "rig-request-log";

    public bool ToConsole => Sinks.Contains(Console);

    public bool ToKafka => Sinks.Contains(Kafka);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var sink in Sinks.Where(sink => sink is not (Console or Kafka)).Select(sink => sink.ReplaceLineEndings(" ")))
        {
            yield return new ValidationResult($"REQUEST_LOG={sink}: expected console, kafka, or both with a comma between.");
        }

        if (!KafkaOptions.IsTopicName(Topic))
        {
            yield return new ValidationResult($"{TopicSetting}={Topic}: {KafkaOptions.ExpectedTopicName}.");
        }
    }
}
