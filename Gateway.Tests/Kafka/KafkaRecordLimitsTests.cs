using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

internal sealed class KafkaRecordLimitsTests
{
    [Test]
    public async Task Look_WithAClientThatCannotBeBuilt_OnlyKnowsNothing()
    {
        var clients = TestClients.OfNobody(client: new() { ["KAFKA_CLIENT_NO_SUCH_PROPERTY"] = "1" });
        await using var side = new KafkaSideClient(clients);

        await new KafkaRecordLimits(clients).Look(side, CancellationToken.None).Soon();
    }
}
