using System.Net;
using System.Net.Sockets;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

[NonParallelizable]
internal sealed class KafkaAdminTests
{
    /// <summary>The library would read freed memory: a look that the end of the node has given up goes on by itself.</summary>
    [Test]
    public async Task Ask_AfterTheEnd_IsCancelled()
    {
        using var consumer = NewConsumer("127.0.0.1:1");
        var admin = new KafkaAdmin(consumer.Handle);

        await admin.DisposeAsync();

        var isAsked = false;
        Assert.That(() => admin.WhyNotToDescribe("rig").Soon(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => admin.Ask((_, _) => Task.FromResult(isAsked = true)).Soon(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(isAsked, Is.False);
    }

    /// <summary>It may have stopped at an answer that it cannot read; a call of it then ends the process.</summary>
    [Test]
    public async Task Ask_WhileAClientOwesAnAnswer_AsksAnother()
    {
        using var consumer = NewConsumer("127.0.0.1:1");
        await using var admin = new KafkaAdmin(consumer.Handle);
        var never = new TaskCompletionSource<IAdminClient>();
        IAdminClient? owing = null;

        var asked = admin.Ask((client, _) =>
        {
            owing = client;
            return never.Task;
        });
        var other = await admin.Ask((client, _) => Task.FromResult(client)).Soon();
        var again = await admin.Ask((client, _) => Task.FromResult(client)).Soon();
        never.SetResult(owing!);
        await asked.Soon();

        Assert.That(other, Is.Not.SameAs(owing));
        Assert.That(again, Is.SameAs(other));
    }

    [Test]
    public async Task Ask_WhatTheClientRefusesAtOnce_LeavesItForTheNext()
    {
        using var consumer = NewConsumer("127.0.0.1:1");
        await using var admin = new KafkaAdmin(consumer.Handle);
        IAdminClient? refusing = null;

        Assert.That(() => admin.Ask<bool>(Refuse).Soon(), Throws.InstanceOf<KafkaException>());

        Assert.That(await admin.Ask((client, _) => Task.FromResult(client)).Soon(), Is.SameAs(refusing));

        Task<bool> Refuse(IAdminClient client, TimeSpan timeout)
        {
            refusing = client;
            throw new KafkaException(new Error(ErrorCode.Local_InvalidArg));
        }
    }

    /// <summary>The library speaks an old protocol, without ids, to a broker that breaks off while it starts.</summary>
    [Test]
    public async Task Identified_OfATopicThatHadAnId_IsAnErrorWhereTheBrokerSaysNone()
    {
        using var consumer = NewConsumer("127.0.0.1:1");
        await using var admin = new KafkaAdmin(consumer.Handle);
        var topics = new KafkaTopics(admin, new KafkaOptions { Hosts = ["127.0.0.1:1"] });
        TopicDescription Described(string name, long id) => topics.Identified(new TopicDescription { Name = name, TopicId = new Uuid(id, id), Error = new Error(ErrorCode.NoError) });

        Assert.That(Described("old", 0).Error.IsError, Is.False, "its broker knows no ids");
        Assert.That(Described("rig", 7).Error.IsError, Is.False);
        Assert.That(Described("rig", 0).Error.Code, Is.EqualTo(ErrorCode.LeaderNotAvailable));
        Assert.That(Described("rig", 8).Error.IsError, Is.False, "it was created again");
        Assert.That(Described("old", 0).Error.IsError, Is.False);
    }

    [Test]
    public async Task DisposeAsync_WhileAnAnswerIsOwed_EndsTheThreadOfThatClient()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var consumer = NewConsumer($"{silent.LocalEndpoint}");
        var admin = new KafkaAdmin(consumer.Handle);
        var asked = admin.Ask((client, timeout) => client.ListOffsetsAsync(
            [new() { TopicPartition = new("rig", 0), OffsetSpec = OffsetSpec.Latest() }], new() { RequestTimeout = timeout }));

        await admin.DisposeAsync().AsTask().Soon();

        Assert.That(asked.IsCompleted, Is.False, "nobody answered, and nobody will");
    }

    [Test]
    public async Task DisposeAsync_WhileLooksAreInTheLibrary_WaitsForAllOfThem()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var consumer = NewConsumer($"{silent.LocalEndpoint}");
        var admin = new KafkaAdmin(consumer.Handle);
        var looks = Enumerable.Range(0, 3).Select(_ => admin.WhyNotToDescribe("rig")).ToList();

        await admin.DisposeAsync().AsTask().Soon();

        // Each is out of the library; its task may complete a moment later.
        Assert.That(() => Task.WhenAll(looks).Soon(), Throws.InstanceOf<KafkaException>().Or.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task WhyNotToDescribe_WhileNoBrokerAnswers_KeepsNoThreadOfThePool()
    {
        // It takes connections, and says nothing.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var consumer = NewConsumer($"{silent.LocalEndpoint}");
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

    private static IConsumer<Ignore, Ignore> NewConsumer(string hosts) =>
        new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = hosts, GroupId = "test" })
            .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
}
