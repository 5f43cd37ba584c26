using System.Globalization;
using Confluent.Kafka;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.Messages;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>
/// Publishers by both roads and by transactions, and clients that come and go, while things happen to the nodes and the source topics.
/// What a seed says is what happens, how long, how much and where to; the rest is as the machine has it.
/// </summary>
internal sealed class ResumeTraffic : IAsyncDisposable
{
    private const int Keys = 20;

    private readonly TestTopics _topics;
    private readonly IReadOnlyList<string> _sourceTopics;
    private readonly int _seed;
    private readonly ResumeTrafficFaults _faults;
    private readonly string[] _users = [.. Enumerable.Range(0, 6).Select(user => $"u{user}")];
    private long _number;

    /// <param name="topics">The topics of the cluster.</param>
    /// <param name="sourceTopics">The source topics; the gateway writes to the first one.</param>
    /// <param name="seed">What happens.</param>
    /// <param name="settings">Those of the nodes.</param>
    public ResumeTraffic(TestTopics topics, IReadOnlyList<string> sourceTopics, int seed, IReadOnlyDictionary<string, string> settings)
    {
        (_topics, _sourceTopics, _seed) = (topics, sourceTopics, seed);
        _faults = new ResumeTrafficFaults(topics, sourceTopics, settings, new Random(seed + 3));
    }

    public List<ComingClient> Clients { get; } = [];

    public ResumeTrafficFaults Faults => _faults;

    /// <param name="time">For how long.</param>
    /// <param name="isCalm">Whether nodes are rolled, and nothing else happens.</param>
    public async Task Run(TimeSpan time, bool isCalm)
    {
        await _faults.Begin();
        for (var i = 0; i < 6; i++)
        {
            var random = new Random((_seed * 100) + i);
            Clients.Add(new ComingClient($"client{i}", [.. _users.OrderBy(_ => random.Next()).Take(random.Next(1, 4))], random));
        }

        using var stop = new CancellationTokenSource(time);
        await Task.WhenAll(
        [
            Task.Run(() => Post(stop.Token), CancellationToken.None),
            Task.Run(() => Produce(stop.Token), CancellationToken.None),
            Task.Run(() => Transact(stop.Token), CancellationToken.None),
            Task.Run(() => isCalm ? _faults.Roll(stop.Token) : _faults.Trouble(stop.Token), CancellationToken.None),
            .. Clients.Select(client => Task.Run(() => client.ComeAndGo(AnyNode, stop.Token), CancellationToken.None)),
        ]).Soon();
    }

    /// <summary>Has every client read to the end, and says what there was.</summary>
    public async Task<ResumeTruth> Finish()
    {
        var end = await _faults.Heal();
        await Task.WhenAll(Clients.Select(client => Task.Run(() => client.ComeToTheEnd(AnyNode, end)))).Soon();
        await _faults.Count();
        return _faults.Truth;
    }

    public ValueTask DisposeAsync() => _faults.DisposeAsync();

    private async Task Post(CancellationToken stop)
    {
        var random = new Random(_seed);
        while (!stop.IsCancellationRequested)
        {
            await Publish(async () =>
            {
                try
                {
                    await _faults.Any(random, isAwake: true).Post(Next(random));
                }
                catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
                {
                    // Its node stopped, or hangs.
                }
            });
            await Task.Delay(random.Next(30), CancellationToken.None);
        }
    }

    private async Task Produce(CancellationToken stop)
    {
        var random = new Random(_seed + 1);
        var config = new ProducerConfig { BootstrapServers = _topics.Hosts, LingerMs = 1, EnableIdempotence = true, TopicMetadataRefreshIntervalMs = 1_000 };
        using var producer = new ProducerBuilder<string, string>(config).SetLogHandler((_, _) => { }).Build();
        while (!stop.IsCancellationRequested)
        {
            await Publish(async () =>
            {
                var records = Enumerable.Range(0, random.Next(1, 8)).Select(_ => producer.ProduceAsync(AnyTopic(random), Record(random))).ToList();
                try
                {
                    await Task.WhenAll(records).Soon();
                }
                catch (ProduceException<string, string>)
                {
                    // The topic has just been created again, and the producer does not know yet.
                }
            });
            await Task.Delay(random.Next(20), CancellationToken.None);
        }
    }

    private async Task Transact(CancellationToken stop)
    {
        var random = new Random(_seed + 2);
        while (!stop.IsCancellationRequested)
        {
            var config = new ProducerConfig { BootstrapServers = _topics.Hosts, TransactionalId = _sourceTopics[0], LingerMs = 0 };
            using var producer = new ProducerBuilder<string, string>(config).SetLogHandler((_, _) => { }).Build();
            try
            {
                producer.InitTransactions(Limits.Hang);
                while (!stop.IsCancellationRequested)
                {
                    await Publish(() => Task.Run(() => Transact(producer, random)));
                    await Task.Delay(random.Next(100), CancellationToken.None);
                }
            }
            catch (KafkaException)
            {
                // The topic has been created again, or the broker and the client's library differ about the state of a transaction. The next
                // producer aborts what is open.
            }
        }
    }

    private void Transact(IProducer<string, string> producer, Random random)
    {
        producer.BeginTransaction();
        for (var records = random.Next(1, 6); records > 0; records--)
        {
            producer.Produce(AnyTopic(random), Record(random));
        }

        if (random.Next(3) == 0)
        {
            producer.AbortTransaction(Limits.Hang);
        }
        else
        {
            producer.CommitTransaction(Limits.Hang);
        }
    }

    private async Task Publish(Func<Task> publish)
    {
        await _faults.Publishing.WaitAsync();
        try
        {
            await publish();
        }
        finally
        {
            _faults.Publishing.Release();
        }
    }

    private Message<string, string> Record(Random random) =>
        new() { Key = random.Next(Keys).ToString(CultureInfo.InvariantCulture), Value = Next(random) };

    private string Next(Random random)
    {
        var (user, pad) = (_users[random.Next(_users.Length)], new string('x', random.Next(300)));
        return $$"""{"user":"{{user}}","n":{{Interlocked.Increment(ref _number)}},"pad":"{{pad}}"}""";
    }

    private string AnyTopic(Random random) => _sourceTopics[random.Next(_sourceTopics.Count)];

    private Uri AnyNode() => _faults.Any(Random.Shared).External;
}
