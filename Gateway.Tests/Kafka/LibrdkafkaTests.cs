using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

/// <summary>What the gateway relies on and Confluent.Kafka does not promise. If one fails after an update, look for what was renamed.</summary>
internal sealed class LibrdkafkaTests
{
    [Test]
    public void QueueOf_AConsumer_IsFoundThroughTheHandleThatConfluentKafkaHides()
    {
        using var consumer = NewConsumer();
        var queue = Librdkafka.QueueOf(consumer.Handle);

        Assert.That(queue, Is.Not.Zero);
        Librdkafka.Leave(queue);
    }

    [Test]
    public void Load_TakesTheLibraryThatConfluentKafkaHasLoaded()
    {
        using var consumer = NewConsumer();
        Librdkafka.Leave(Librdkafka.QueueOf(consumer.Handle));
        using var process = System.Diagnostics.Process.GetCurrentProcess();

        Assert.That(process.Modules.Cast<System.Diagnostics.ProcessModule>().Select(module => module.ModuleName), Has.Exactly(1).Contains("librdkafka"));
    }

    [Test]
    public async Task Purge_OfAProducer_ReportsWhatWasNotSent()
    {
        using var producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = "127.0.0.1:1", MessageTimeoutMs = 0 }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        var reported = new TaskCompletionSource<DeliveryReport<byte[], byte[]>>(TaskCreationOptions.RunContinuationsAsynchronously);
        producer.Produce("rig", new() { Key = [1], Value = [2] }, reported.SetResult);

        Librdkafka.Purge(producer.Handle);

        var report = await reported.Task.Soon();
        Assert.That((report.Error.Code, report.Status), Is.EqualTo((ErrorCode.Local_PurgeQueue, PersistenceStatus.NotPersisted)));
    }

    private static IConsumer<Ignore, Ignore> NewConsumer() =>
        new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = "127.0.0.1:1", GroupId = "test" })
            .SetLogHandler((_, _) => { })
            .SetErrorHandler((_, _) => { })
            .Build();
}
