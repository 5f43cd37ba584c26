using System.Net;
using System.Net.Sockets;
using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

[NonParallelizable]
internal sealed class KafkaAdminTests
{
    [Test]
    public async Task WhyNotToDescribe_WhileNoBrokerAnswers_KeepsNoThreadOfThePool()
    {
        // It takes connections, and says nothing.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = $"{silent.LocalEndpoint}", GroupId = "test" })
            .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        await using var admin = new KafkaAdmin(consumer.Handle);
        ThreadPool.GetMaxThreads(out var workers, out var ports);
        // More than those who run the tests hold, or nothing would go on at all.
        const int Few = 16;
        Assert.That(ThreadPool.SetMaxThreads(Few, ports), Is.True);
        try
        {
            var looks = Enumerable.Range(0, Few + 2).Select(_ => admin.WhyNotToDescribe("rig")).ToList();
            var work = new TaskCompletionSource();
            // After what the looks may have left to the pool.
            ThreadPool.UnsafeQueueUserWorkItem(_ => work.SetResult(), null);

            await Task.WhenAny([work.Task, .. looks]).Soon();

            Assert.That(work.Task.IsCompleted, Is.True);
            Assert.That(looks, Has.All.Matches<Task>(look => look is { IsCompleted: false }), "they wait for the broker");
            Assert.That(() => Task.WhenAll(looks).Soon(), Throws.InstanceOf<KafkaException>());
        }
        finally
        {
            ThreadPool.SetMaxThreads(workers, ports);
        }
    }
}
