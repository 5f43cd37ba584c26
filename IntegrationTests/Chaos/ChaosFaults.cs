using Confluent.Kafka;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Chaos;

/// <summary>
/// What happens to the nodes, the networks and the brokers. The seed says what, to whom and for how long; one thing at a time happens to a node, and
/// one to a broker meanwhile.
/// </summary>
/// <param name="cluster">To whom it happens.</param>
/// <param name="seed">The seed.</param>
/// <param name="isUnclean">Whether brokers that were behind come to lead the topic that allows it; nothing else happens to brokers then.</param>
/// <param name="tell">Hears what happens.</param>
internal sealed class ChaosFaults(ChaosCluster cluster, int seed, bool isUnclean, Action<string> tell)
{
    private const int MostPartitions = 24;

    /// <summary>How long a broker may take to answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Random _nodes = new(seed * 10);
    private readonly Random _brokers = new((seed * 10) + 1);

    /// <summary>Goes on until it is told to stop, and mends then what it has begun.</summary>
    public Task Run(CancellationToken stop) => Task.WhenAll(
        Task.Run(() => AgainAndAgain(_nodes, HappensToANode, stop), CancellationToken.None),
        Task.Run(() => AgainAndAgain(_brokers, isUnclean ? IsLedByOneThatWasBehind : HappensToABroker, stop), CancellationToken.None));

    private static async Task AgainAndAgain(Random random, Func<Task> something, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(random.Next(200, 1_500), CancellationToken.None);
            if (!stop.IsCancellationRequested)
            {
                await something();
            }
        }
    }

    private async Task HappensToANode()
    {
        var node = cluster.Nodes[_nodes.Next(cluster.Nodes.Count)];
        switch (_nodes.Next(10))
        {
            case 0:
                await Replace(node, isKilled: true);
                break;
            case 1:
                await Replace(node, isKilled: false);
                break;
            case 2:
                await For($"{node.Name} hangs", node.Pause, node.Resume, MomentOf(_nodes));
                break;
            case 3:
                await Networks($"{node.Name} is cut from the balancers", node.Balancers, relay => relay.Cut(), relay => relay.Mend());
                break;
            case 4:
                await Hold($"{node.Name} and the balancers do not hear each other", node.Balancers);
                break;
            case 5:
                await Delay($"{node.Name} is far from the balancers", node.Balancers);
                break;
            case 6:
                tell($"{node.Name} has its answers closed");
                node.Balancers[0].CloseAnswers();
                break;
            case 7:
                await Networks($"{node.Name} is cut from the brokers", node.Brokers, relay => relay.Cut(), relay => relay.Mend());
                break;
            case 8:
                await Hold($"{node.Name} and the brokers do not hear each other", _nodes.Next(2) == 0 ? node.Brokers : [node.Brokers[_nodes.Next(node.Brokers.Count)]]);
                break;
            case 9:
                await Delay($"{node.Name} is far from the brokers", node.Brokers);
                break;
        }
    }

    private async Task HappensToABroker()
    {
        var index = _brokers.Next(cluster.Kafka.Brokers.Count);
        var (broker, name) = (cluster.Kafka.Brokers[index], $"broker {index + 1}");
        switch (_brokers.Next(5))
        {
            case 0:
                tell($"{name} is killed");
                await broker.Kill();
                await StartAgain(broker, name);
                break;
            case 1:
                tell($"{name} hangs");
                await broker.Pause();
                await Task.Delay(MomentOf(_brokers), CancellationToken.None);
                await broker.Resume();
                await IsWhole();
                tell($"{name} goes on");
                break;
            case 2:
                tell($"the disk of {name} is full");
                broker.FillDiskAt(0);
                await Task.Delay(MomentOf(_brokers), CancellationToken.None);
                await broker.Kill();
                await StartAgain(broker, name);
                break;
            case 3:
                tell("the first replicas lead again");
                await Try(() => cluster.Topics.ElectPreferredLeaders(cluster.Topic));
                break;
            case 4 when cluster.Topics.PartitionsOf(cluster.Topic) is < MostPartitions and var partitions:
                tell($"there are {partitions + 1} partitions");
                await Try(() => cluster.Topics.AddPartitions(cluster.Topic, partitions + 1));
                break;
        }
    }

    /// <summary>The second replica of a partition hangs until the first is alone, and then leads without what was stored meanwhile.</summary>
    private async Task IsLedByOneThatWasBehind()
    {
        var partition = _brokers.Next(cluster.Kafka.Brokers.Count);
        var (first, second) = (partition, (partition + 1) % cluster.Kafka.Brokers.Count);
        await Try(() => cluster.Topics.ElectPreferredLeaders(cluster.UncleanTopic));
        tell($"broker {second + 1} hangs");
        await cluster.Kafka.Brokers[second].Pause();
        await Wait.Until(() => Task.Run(() => IsAlone(first, partition)), "the first replica is alone");
        await Task.Delay(MomentOf(_brokers), CancellationToken.None);
        tell($"broker {first + 1} is killed, and broker {second + 1} leads partition {partition} though it was behind");
        await cluster.Kafka.Brokers[first].Kill();
        await cluster.Kafka.Brokers[second].Resume();
        await Wait.Until(() => Task.Run(() => cluster.Topics.IsLedWithout(first + 1, cluster.UncleanTopic)), "the second replica leads");
        await StartAgain(cluster.Kafka.Brokers[first], $"broker {first + 1}");
    }

    /// <summary>As it says itself, to a client that knows no other broker yet: one that has asked the broker that hangs waits for its answer.</summary>
    private bool IsAlone(int broker, int partition)
    {
        var config = new AdminClientConfig { BootstrapServers = cluster.Kafka.Brokers[broker].Host };
        using var asking = new AdminClientBuilder(config).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        try
        {
            return asking.GetMetadata(cluster.UncleanTopic, Patience).Topics.Single().Partitions[partition].InSyncReplicas is [var only] && only == broker + 1;
        }
        catch (KafkaException)
        {
            // It is busy with an election.
            return false;
        }
    }

    private async Task StartAgain(KafkaBroker broker, string name)
    {
        await Task.Delay(MomentOf(_brokers), CancellationToken.None);
        broker.Start();
        await IsWhole();
        tell($"{name} is back");
    }

    private async Task IsWhole()
    {
        await cluster.Kafka.WaitUntilUp();
        await Wait.Until(() => Task.Run(() => cluster.SourceTopics.All(cluster.Topics.IsWhole)), "all replicas are in sync again");
    }

    private async Task Replace(ChaosNode node, bool isKilled)
    {
        tell($"{node.Name} {(isKilled ? "is killed" : "stops")}");
        await node.End(isKilled);
        await Task.Delay(_nodes.Next(1_000), CancellationToken.None);
        await node.Start(cluster.SourceTopics);
        tell($"{node.Name} is started");
        // Without the brokers it may take longer than a seed.
        await node.UntilReady();
        tell($"{node.Name} is ready");
    }

    private async Task Hold(string what, IReadOnlyList<Relay> relays)
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Networks(what, relays, relay => relay.Hold(held.Task), relay =>
        {
            relay.Hold(Task.CompletedTask);
            held.TrySetResult();
        });
    }

    private Task Delay(string what, IReadOnlyList<Relay> relays)
    {
        var time = TimeSpan.FromMilliseconds(_nodes.Next(5, 100));
        return Networks($"{what}, {time.TotalMilliseconds} ms", relays, relay => relay.Delay(time), relay => relay.Delay(TimeSpan.Zero));
    }

    private Task Networks(string what, IReadOnlyList<Relay> relays, Action<Relay> begin, Action<Relay> end) =>
        For(what, () => relays.ToList().ForEach(begin), () => relays.ToList().ForEach(end), MomentOf(_nodes));

    private async Task For(string what, Action begin, Action end, int milliseconds)
    {
        tell($"{what} for {milliseconds} ms");
        begin();
        await Task.Delay(milliseconds, CancellationToken.None);
        end();
    }

    private static async Task Try(Func<Task> change)
    {
        try
        {
            await change();
        }
        catch (KafkaException)
        {
            // The broker that it asked is just away, or there is nothing to change.
        }
    }

    private static int MomentOf(Random random) => random.Next(100, 4_000);
}
