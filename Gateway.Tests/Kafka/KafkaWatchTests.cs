using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

internal sealed class KafkaWatchTests
{
    [Test]
    public async Task WaitForLook_WhileNoBrokerAnswers_IsBounded()
    {
        var clients = TestClients.OfNobody();
        var watch = new KafkaWatch(clients, new KafkaSideClient(clients), clients.Health(), _ => { });

        Assert.That(watch.WaitForLook(0, TimeSpan.FromMilliseconds(50), CancellationToken.None), Is.False);
        using var stop = new CancellationTokenSource();
        var waiting = Task.Run(() => watch.WaitForLook(0, TimeSpan.FromMinutes(5), stop.Token));
        await stop.CancelAsync();
        Assert.That(() => waiting.Soon(), Throws.InstanceOf<OperationCanceledException>());
    }
}
