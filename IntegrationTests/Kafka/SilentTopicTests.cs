using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>A source topic without a record for a while: it may be another topic by then, and the next record must not be late for that.</summary>
internal sealed class SilentTopicTests() : ClusterFixture
{
    [Test]
    public async Task FirstRecordAfterSilence_WaitsBehindNoFetch()
    {
        var topic = await Topics.Create(partitions: 2);
        var lines = new LogLines();
        // A broker answers one request of a connection after the other, and a fetch when there is a record.
        using var log = New(topic, lines, new() { ["KAFKA_CLIENT_FETCH_WAIT_MAX_MS"] = "30000", ["KAFKA_CLIENT_SOCKET_TIMEOUT_MS"] = "60000" });
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();
        await Topics.Write(topic, 0, "first");
        Assert.That(await reader.NextText(), Is.EqualTo("first"));

        // Time that passes is what makes a reader doubt.
        await Task.Delay(KafkaDoubts.Silence + TimeSpan.FromSeconds(1));
        await Topics.Write(topic, 0, "second");

        Assert.That(await reader.NextText(), Is.EqualTo("second"));
        Assert.That(lines.Of("LookOverdue"), Is.Empty);
    }

    /// <summary>Each start of a broker is another leader, and the client's library takes the count of a new topic for old news: it reports nothing.</summary>
    [Test]
    public async Task TopicCreatedAgainAfterItsBrokerWasStartedTwice_IsReadWithoutWaitingForTheNextRefresh()
    {
        var topic = await Topics.Create(partitions: 1);
        using var log = New(topic, new LogLines(), [], metadataRefreshMs: 600_000);
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();
        for (var restarts = 0; restarts < 2; restarts++)
        {
            await Cluster.Brokers[0].Kill();
            Cluster.Brokers[0].Start();
            await Cluster.WaitUntilUp();
        }

        await Topics.Write(topic, 0, "old");
        Assert.That(await reader.NextText(), Is.EqualTo("old"));

        await Topics.Delete(topic);
        await Topics.CreateAgain(topic, partitions: 1);
        await Topics.Write(topic, 0, "new");

        Assert.That((await reader.NextPlacement()).Gap, Is.EqualTo(LogPlacement.Recreated));
        Assert.That(await reader.NextText(), Is.EqualTo("new"));
    }

    private KafkaLog New(string topic, LogLines lines, Dictionary<string, string> client, int metadataRefreshMs = 30_000)
    {
        var options = new KafkaOptions
        {
            Hosts = Cluster.Hosts.Split(','),
            SourceTopics = [topic],
            MetadataRefreshMs = metadataRefreshMs,
            Client = client,
        };
        return new KafkaLog(TestClients.Of(options, loggers: lines.Factory()));
    }
}
