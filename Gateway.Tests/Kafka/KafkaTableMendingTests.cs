using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.Tests.Kafka;

/// <summary>What a table has lost is mended once, however often the clients of its topic are exchanged meanwhile.</summary>
internal sealed class KafkaTableMendingTests : TableMemoryFixture
{
    [Test]
    public async Task Run_ThatIsCancelled_IsBegunAgain_OnlyIfSomethingWasLost([Values] bool isLost)
    {
        var table = new TableDeclaration("presence", "KAFKA_PRESENCE_TOPIC", new TableTopic("rig-presence", PutsBack: false));
        var clients = TestClients.OfNobody(Time);
        using var totals = new MetricTotals();
        var reader = new KafkaTableReader(table, clients, Memory, clients.Health(), totals.Metrics);
        var mending = new KafkaTableMending(table, clients, reader, writer: null!);
        if (isLost)
        {
            Write("key", "value", at: 1);
            Anew(TableReading.Recreated);
        }

        using var stop = new CancellationTokenSource();
        var running = mending.Run(topics: null!, stop.Token);
        await stop.CancelAsync();
        await running.Soon();

        using var enough = new CancellationTokenSource();
        var losses = Memory.Losses(enough.Token);
        Assert.That(losses.IsCompleted, Is.EqualTo(isLost));
        await enough.CancelAsync();
    }
}
