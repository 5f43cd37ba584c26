using RigKafka.IntegrationTests.Balancers;
using RigKafka.IntegrationTests.Kafka;

namespace RigKafka.IntegrationTests.Chaos;

/// <summary>Three brokers, three nodes, and each balancer that this machine has in front of them. It stays up from seed to seed.</summary>
internal sealed class ChaosCluster : IAsyncDisposable
{
    private const int Size = 3;

    private readonly TestCertificates _certificates = new();
    private readonly List<Balancer> _balancers = [];

    private ChaosCluster()
    {
    }

    public IReadOnlyList<ChaosNode> Nodes { get; } = [.. Enumerable.Range(1, Size).Select(node => new ChaosNode($"node {node}", Size))];

    public IReadOnlyList<Balancer> Balancers => _balancers;

    public KafkaCluster Kafka { get; private set; } = null!;

    public TestTopics Topics { get; private set; } = null!;

    /// <summary>The source topic that the nodes write to. Two brokers at least have what it has stored.</summary>
    public string Topic { get; private set; } = null!;

    /// <summary>A source topic that may lose what it has stored: one broker is enough, and one that was behind may lead.</summary>
    public string UncleanTopic { get; private set; } = null!;

    public IReadOnlyList<string> SourceTopics => [Topic, UncleanTopic];

    public static async Task<ChaosCluster> Start()
    {
        var cluster = new ChaosCluster();
        try
        {
            await cluster.Begin();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until all that is to be well is: all brokers, all replicas, all nodes.</summary>
    public async Task IsWhole()
    {
        await Kafka.WaitUntilUp();
        await Wait.Until(() => Task.Run(() => SourceTopics.All(Topics.IsWhole)), "all replicas are in sync");
        foreach (var node in Nodes)
        {
            await node.UntilReady();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var balancer in Balancers)
        {
            await balancer.DisposeAsync();
        }

        foreach (var node in Nodes)
        {
            await node.DisposeAsync();
        }

        Topics?.Dispose();
        if (Kafka is not null)
        {
            await Kafka.DisposeAsync();
        }

        _certificates.Dispose();
    }

    private async Task Begin()
    {
        Kafka = await TestKafka.StartCluster(Size, roads: [.. Nodes.Select(node => node.Brokers)]);
        Topics = new TestTopics(Kafka.Hosts);
        Topic = await Topics.Create(partitions: 6);
        UncleanTopic = await Topics.Create(
            partitions: Size,
            configs: new() { ["min.insync.replicas"] = "1", ["unclean.leader.election.enable"] = "true" },
            replicas: [.. Enumerable.Range(0, Size).Select(first => new List<int> { first + 1, ((first + 1) % Size) + 1 })]);
        await Task.WhenAll(Nodes.Select(node => node.Start(SourceTopics)));
        await IsWhole();
        foreach (var program in Balancer.Names)
        {
            _balancers.Add(await Balancer.Start(program, _certificates, [.. Nodes.Select(node => node.Address)]));
        }
    }
}
