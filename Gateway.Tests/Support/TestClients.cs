using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RigKafka.Kafka;
using RigKafka.Log;
using RigKafka.Telemetry;

namespace RigKafka.Tests.Support;

/// <summary>What a log or a table on Kafka needs that belongs to no running gateway.</summary>
internal static class TestClients
{
    /// <summary>Of a cluster of which no broker answers.</summary>
    public static KafkaClients OfNobody(TimeProvider? time = null, Dictionary<string, string>? client = null) =>
        Of(new KafkaOptions { Hosts = ["127.0.0.1:1"], Client = client ?? [] }, time: time);

    public static KafkaClients Of(KafkaOptions kafka, LogOptions? log = null, ILoggerFactory? loggers = null, TimeProvider? time = null) =>
        new(log ?? new LogOptions(), kafka, NodeId.New(), time ?? TimeProvider.System, loggers ?? NullLoggerFactory.Instance);
}
