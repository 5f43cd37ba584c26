using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Tests.Kafka;

internal sealed class KafkaRecordLimitsTests
{
    [Test]
    public async Task Look_WithAClientThatCannotBeBuilt_OnlyKnowsNothing()
    {
        var options = new KafkaOptions { Hosts = ["127.0.0.1:1"], Client = new Dictionary<string, string> { ["KAFKA_CLIENT_NO_SUCH_PROPERTY"] = "1" } };
        var clients = new KafkaClients(new LogOptions(), options, NodeId.New(), TimeProvider.System, NullLoggerFactory.Instance);
        await using var side = new KafkaSideClient(clients);

        await new KafkaRecordLimits(clients).Look(side, CancellationToken.None).Soon();
    }
}
