using NUnit.Framework;

namespace RigKafka.Tests.Kafka;

internal sealed class KafkaConfigTests
{
    /// <summary>A node's questions go over the connections of rewinds, and wait behind their fetches.</summary>
    [Test]
    public void SideConsumer_WaitsForNoMoreThanItDoes_WhateverIsSetForTheReader()
    {
        var config = TestClients.OfNobody(client: new() { ["KAFKA_CLIENT_FETCH_WAIT_MAX_MS"] = "30000" }).Config;

        Assert.That(config.Consumer().FetchWaitMaxMs, Is.EqualTo(30_000));
        Assert.That(config.SideConsumer().FetchWaitMaxMs, Is.EqualTo(50));
    }
}
