using System.Globalization;
using System.Text.Json;
using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.Messages;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>
/// Nodes on one source topic that stop and start, publishers by both roads, and clients that come and go. What a seed says is how
/// long, how much and where to; the rest is as the machine has it.
/// </summary>
internal sealed class ResumeTraffic(TestTopics topics, string topic, int seed, Dictionary<string, string?> settings) : IAsyncDisposable
{
    private const int Nodes = 3;

    private readonly List<GatewayNode> _nodes = [];
    private readonly Lock _lock = new();
    private readonly string[] _users = [.. Enumerable.Range(0, 6).Select(user => $"u{user}")];
    private long _number;
    private double _replayed;

    public List<ComingClient> Clients { get; } = [];

    public double Replayed => _replayed;

    public async Task Run(TimeSpan time)
    {
        for (var i = 0; i < Nodes; i++)
        {
            _nodes.Add(await KafkaNode.Start(topics.Hosts, topic, settings));
        }

        for (var i = 0; i < 6; i++)
        {
            var random = new Random((seed * 100) + i);
            Clients.Add(new ComingClient($"client{i}", [.. _users.OrderBy(_ => random.Next()).Take(random.Next(1, 4))], random));
        }

        using var stop = new CancellationTokenSource(time);
        await Task.WhenAll(
        [
            Task.Run(() => Post(stop.Token), CancellationToken.None),
            Task.Run(() => Produce(stop.Token), CancellationToken.None),
            Task.Run(() => Transact(stop.Token), CancellationToken.None),
            Task.Run(() => RollNodes(stop.Token), CancellationToken.None),
            .. Clients.Select(client => Task.Run(() => client.ComeAndGo(AnyNode, stop.Token), CancellationToken.None)),
        ]).Soon();
    }

    /// <summary>Has every client read to the end, and finds out what there was.</summary>
    public async Task<ResumeTruth> Finish()
    {
        var (truth, end) = await Task.Run(ReadAll);
        await Task.WhenAll(Clients.Select(client => Task.Run(() => client.ComeToTheEnd(AnyNode, end)))).Soon();
        foreach (var node in _nodes)
        {
            await Count(node);
        }

        return truth;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    private async Task Post(CancellationToken stop)
    {
        var random = new Random(seed);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var answer = await Any(random).Post(Next(random));
            }
            catch (HttpRequestException)
            {
                // Its node stopped.
            }

            await Task.Delay(random.Next(30), CancellationToken.None);
        }
    }

    private async Task Produce(CancellationToken stop)
    {
        var random = new Random(seed + 1);
        using var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = topics.Hosts, LingerMs = 1 }).Build();
        while (!stop.IsCancellationRequested)
        {
            producer.Produce(topic, Record(random));
            await Task.Delay(random.Next(3) == 0 ? random.Next(20) : 0, CancellationToken.None);
        }

        producer.Flush(Limits.Hang);
    }

    private void Transact(CancellationToken stop)
    {
        var random = new Random(seed + 2);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                Transact(random, stop);
            }
            catch (KafkaException failure) when (failure.Error.IsFatal)
            {
                // The broker and the client's library may differ about the state of a transaction. The next producer aborts what is open.
            }
        }
    }

    private void Transact(Random random, CancellationToken stop)
    {
        var config = new ProducerConfig { BootstrapServers = topics.Hosts, TransactionalId = topic, LingerMs = 0 };
        using var producer = new ProducerBuilder<string, string>(config).Build();
        producer.InitTransactions(Limits.Hang);
        while (!stop.IsCancellationRequested)
        {
            producer.BeginTransaction();
            for (var records = random.Next(1, 6); records > 0; records--)
            {
                producer.Produce(topic, Record(random));
            }

            if (random.Next(3) == 0)
            {
                producer.AbortTransaction();
            }
            else
            {
                producer.CommitTransaction();
            }

            stop.WaitHandle.WaitOne(random.Next(100));
        }
    }

    private async Task RollNodes(CancellationToken stop)
    {
        var random = new Random(seed + 3);
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(random.Next(500, 3_000), CancellationToken.None);
            GatewayNode stopping;
            lock (_lock)
            {
                stopping = _nodes[random.Next(_nodes.Count)];
                _nodes.Remove(stopping);
            }

            await Count(stopping);
            await stopping.DisposeAsync();
            var started = await KafkaNode.Start(topics.Hosts, topic, settings);
            lock (_lock)
            {
                _nodes.Add(started);
            }
        }
    }

    private async Task Count(GatewayNode node) => _replayed += (await node.Metrics()).Sum("rig_resumes_messages_total");

    private Message<string, string> Record(Random random) =>
        new() { Key = random.Next().ToString(CultureInfo.InvariantCulture), Value = Next(random) };

    private string Next(Random random)
    {
        var (user, pad) = (_users[random.Next(_users.Length)], new string('x', random.Next(300)));
        return $$"""{"user":"{{user}}","n":{{Interlocked.Increment(ref _number)}},"pad":"{{pad}}"}""";
    }

    private Uri AnyNode() => Any(Random.Shared).External;

    private GatewayNode Any(Random random)
    {
        lock (_lock)
        {
            return _nodes[random.Next(_nodes.Count)];
        }
    }

    private (ResumeTruth Truth, Position End) ReadAll()
    {
        var partitions = topics.PartitionsOf(topic);
        using var consumer = new ConsumerBuilder<Ignore, string>(new ConsumerConfig
        {
            BootstrapServers = topics.Hosts,
            GroupId = "truth",
            EnableAutoCommit = false,
            EnablePartitionEof = true,
            IsolationLevel = IsolationLevel.ReadCommitted,
        }).Build();
        consumer.Assign(Enumerable.Range(0, partitions).Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        var (truth, next, epoch) = (new ResumeTruth(), new long[partitions], Epoch());
        for (var ended = new HashSet<int>(); ended.Count < partitions;)
        {
            var read = consumer.Consume(Limits.Hang) ?? throw new TimeoutException("The log was not read to its end.");
            if (read.IsPartitionEOF)
            {
                ended.Add(read.Partition);
                continue;
            }

            using var json = JsonDocument.Parse(read.Message.Value);
            truth.Write(new WrittenMessage(
                new ResumePlace(epoch, read.Partition),
                read.Offset,
                json.RootElement.GetProperty("user").GetString()!,
                json.RootElement.GetProperty("n").GetInt64()));
            next[read.Partition] = read.Offset + 1;
        }

        var end = new Position(1);
        end.Place(0, epoch, next);
        return (truth, end);
    }

    private uint Epoch()
    {
        using var answer = JsonDocument.Parse(_nodes[0].GetApi("/v1/position").Result.Content.ReadAsStream());
        var id = answer.RootElement.GetProperty("id").GetString()!;
        Assert.That(Position.TryParse(System.Text.Encoding.ASCII.GetBytes(id), out var position), Is.True);
        return position!.Epoch(0);
    }
}
