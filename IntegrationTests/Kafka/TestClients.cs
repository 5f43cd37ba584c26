using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RigKafka.Kafka;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>What a log or a table on Kafka needs that belongs to no running gateway.</summary>
internal static class TestClients
{
    public static KafkaClients Of(KafkaOptions kafka, LogOptions? log = null, ILoggerFactory? loggers = null, TimeProvider? time = null) =>
        new(log ?? new LogOptions(), kafka, NodeId.New(), time ?? TimeProvider.System, loggers ?? NullLoggerFactory.Instance);
}
