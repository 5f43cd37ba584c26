using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;
using RigKafka.IntegrationTests.Kafka;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>
/// Publishers by both roads and by transactions, and clients that come and go, while things happen to the nodes and the source topics.
/// What a seed says is what happens, how long, how much and where to; the rest is as the machine has it.
/// </summary>
internal sealed class ResumeTraffic : IAsyncDisposable
{
    private const int Keys = 20;
    private const int Streams = 5;
    private const int Sockets = 3;

    private readonly TestTopics _topics;
    private readonly IReadOnlyList<string> _sourceTopics;
    private readonly int _seed;
    private readonly ResumeTrafficNodes _nodes;
    private readonly ResumeTrafficTopics _log;
    private readonly string[] _users = [.. Enumerable.Range(0, 6).Select(user => $"u{user}")];
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private readonly ConcurrentQueue<string> _told = [];
    private long _number;

    /// <param name="topics">The topics of the cluster.</param>
    /// <param name="sourceTopics">The source topics; the gateway writes to the first one.</param>
    /// <param name="seed">What happens.</param>
    /// <param name="settings">Those of the nodes.</param>
    public ResumeTraffic(TestTopics topics, IReadOnlyList<string> sourceTopics, int seed, IReadOnlyDictionary<string, string> settings)
    {
        (_topics, _sourceTopics, _seed) = (topics, sourceTopics, seed);
        _nodes = new ResumeTrafficNodes(settings, Tell);
        _log = new ResumeTrafficTopics(topics, sourceTopics, _nodes, Tell);
        for (var i = 0; i < Streams + Sockets; i++)
        {
            var random = new Random((seed * 100) + i);
            var users = _users.OrderBy(_ => random.Next()).ToList();
            var own = random.Next(1, 4);
            Clients.Add(i < Streams
                ? new ComingStream($"stream{i}", users[..own], random)
                : new ComingSocket($"socket{i}", users[..own], users[own..], random));
        }
    }

    public List<ComingClient> Clients { get; } = [];

    /// <summary>What has happened, and when.</summary>
    public IEnumerable<string> Told => _told;

    /// <inheritdoc cref="ResumeTrafficNodes.Logs"/>
    public IEnumerable<string> Logs => _nodes.Logs;

    /// <inheritdoc cref="ResumeTrafficNodes.Errors"/>
    public IEnumerable<string> Errors => _nodes.Errors;

    /// <inheritdoc cref="ResumeTrafficNodes.Replayed"/>
    public long Replayed => _nodes.Replayed;

    /// <param name="time">For how long.</param>
    /// <param name="isCalm">Whether nodes are rolled, and nothing else happens.</param>
    public async Task Run(TimeSpan time, bool isCalm)
    {
        await _log.Open();
        await _nodes.Start();
        using var stop = new CancellationTokenSource(time);
        List<(string Who, Func<Task> What)> happening =
        [
            ("publishers by POST", () => Post(stop.Token)),
            ("producers", () => Produce(stop.Token)),
            ("transactions", () => Transact(stop.Token)),
            ("nodes that are rolled", () => _nodes.Roll(new Random(_seed + 3), stop.Token)),
            .. Clients.Select<ComingClient, (string, Func<Task>)>(client => ($"{client.Views[0]}", () => client.ComeAndGo(AnyNode, stop.Token))),
        ];
        if (!isCalm)
        {
            happening.Add(("nodes that hang", () => _nodes.Hang(new Random(_seed + 4), stop.Token)));
            happening.Add(("changes of topics", () => _log.Change(new Random(_seed + 5), stop.Token)));
        }

        var going = happening.ConvertAll(each => (each.Who, Task: Task.Run(each.What, CancellationToken.None)));
        try
        {
            await Task.WhenAll(going.Select(each => each.Task)).Soon();
        }
        catch (TimeoutException hang)
        {
            var stuck = going.Where(each => !each.Task.IsCompleted).Select(each => each.Who);
            throw new TimeoutException(string.Join(Environment.NewLine, [$"They do not end: {string.Join(", ", stuck)}.", .. Told, .. Logs]), hang);
        }
    }

    /// <summary>Has every client read to the end, and says what there was.</summary>
    public async Task<ResumeTruth> Finish()
    {
        var end = await _log.End();
        try
        {
            await Task.WhenAll(Clients.Select(client => Task.Run(() => client.ComeToTheEnd(AnyNode, end)))).Soon();
        }
        catch (Exception hang) when (hang is TimeoutException or OperationCanceledException)
        {
            var behind = Clients.SelectMany(client => client.Views).Where(view => !view.IsAt(end));
            throw new TimeoutException(string.Join(Environment.NewLine, [$"Not at {end.Text()}:", .. behind.Select(view => $"{view}"), .. Told, .. Logs]), hang);
        }

        await _nodes.Count();
        return _log.Truth;
    }

    public async ValueTask DisposeAsync()
    {
        _log.Dispose();
        await _nodes.DisposeAsync();
    }

    private async Task Post(CancellationToken stop)
    {
        var random = new Random(_seed);
        while (!stop.IsCancellationRequested)
        {
            await _log.Publish(async () =>
            {
                try
                {
                    await _nodes.Any(random, isAwake: true).Post(Next(random));
                }
                catch (HttpRequestException)
                {
                    // Its node stopped.
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
            await _log.Publish(async () =>
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
                    await _log.Publish(() => Task.Run(() => Transact(producer, random)));
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

    private Message<string, string> Record(Random random) =>
        new() { Key = random.Next(Keys).ToString(CultureInfo.InvariantCulture), Value = Next(random) };

    private string Next(Random random)
    {
        var (user, pad) = (_users[random.Next(_users.Length)], new string('x', random.Next(300)));
        return $$"""{"user":"{{user}}","n":{{Interlocked.Increment(ref _number)}},"pad":"{{pad}}"}""";
    }

    private string AnyTopic(Random random) => _sourceTopics[random.Next(_sourceTopics.Count)];

    private Uri AnyNode() => _nodes.Any(Random.Shared).External;

    private void Tell(string what) => _told.Enqueue($"{_time.Elapsed.TotalSeconds,5:0.0} s: {what}");
}
