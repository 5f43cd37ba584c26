using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>Brokers from Apache's distribution on free ports, in a temporary folder that is deleted with them.</summary>
internal sealed class KafkaCluster : IAsyncDisposable
{
    /// <summary>The ports that a cluster of this run has or had.</summary>
    private static readonly ConcurrentDictionary<int, bool> Given = new();

    private readonly DirectoryInfo _folder;

    private KafkaCluster(DirectoryInfo folder, IReadOnlyList<KafkaBroker> brokers) => (_folder, Brokers) = (folder, brokers);

    public IReadOnlyList<KafkaBroker> Brokers { get; }

    /// <summary>The bootstrap servers, separated by commas.</summary>
    public string Hosts => string.Join(',', Brokers.Select(broker => broker.Host));

    /// <param name="home">The distribution.</param>
    /// <param name="brokers">How many; each is a controller too.</param>
    /// <param name="overrides">Properties of every broker that differ from what is set here; <c>{port}</c> and <c>{controller}</c> in a value are its own ports, <c>{data}</c> is where its data is.</param>
    /// <param name="waitUntilUp">False where only clients with credentials can tell.</param>
    /// <param name="format">Further options of <c>kafka-storage.sh format</c>.</param>
    /// <param name="javaOptions">Further ones of the virtual machine that a broker runs in.</param>
    /// <param name="roads">Further ways to the brokers, each with a relay for every broker: a client that comes on one of them stays on it.</param>
    public static async Task<KafkaCluster> Start(
        string home, int brokers, IReadOnlyDictionary<string, string>? overrides = null, bool waitUntilUp = true, IReadOnlyList<string>? format = null, string javaOptions = "", IReadOnlyList<IReadOnlyList<Relay>>? roads = null)
    {
        roads ??= [];
        var folder = Directory.CreateTempSubdirectory("rig-kafka-test-");
        var ports = FreePorts(2 * brokers);
        var voters = string.Join(',', Enumerable.Range(1, brokers).Select(node => $"{node}@127.0.0.1:{ports[brokers + node - 1]}"));
        var id = ClusterId();
        var cluster = new KafkaCluster(folder, [.. Enumerable.Range(1, brokers).Select(node =>
        {
            var properties = Properties(node, brokers, ports[node - 1], ports[brokers + node - 1], voters, Path.Combine(folder.FullName, $"data-{node}"));
            AddRoads(properties, [.. roads.Select(road => road[node - 1])]);
            foreach (var (name, value) in overrides ?? new Dictionary<string, string>())
            {
                properties[name] = value
                    .Replace("{port}", $"{ports[node - 1]}", StringComparison.Ordinal)
                    .Replace("{controller}", $"{ports[brokers + node - 1]}", StringComparison.Ordinal)
                    .Replace("{data}", Path.Combine(folder.FullName, $"data-{node}"), StringComparison.Ordinal);
            }

            var file = Path.Combine(folder.FullName, $"broker-{node}.properties");
            File.WriteAllLines(file, properties.Select(property => $"{property.Key}={property.Value}"));
            return new KafkaBroker(home, file, $"127.0.0.1:{ports[node - 1]}", javaOptions);
        })]);
        try
        {
            await Task.WhenAll(cluster.Brokers.Select(broker => broker.Format(id, format ?? [])));
            foreach (var broker in cluster.Brokers)
            {
                broker.Start();
            }

            if (waitUntilUp)
            {
                await cluster.WaitUntilUp();
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until every broker is a member that the others know.</summary>
    public async Task WaitUntilUp()
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Hosts, ReconnectBackoffMaxMs = 200 }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        var until = DateTime.UtcNow + Limits.Hang;
        while (!await Task.Run(IsUp))
        {
            Assert.That(DateTime.UtcNow, Is.LessThan(until), () => "The brokers did not start:\n" + string.Join('\n', Brokers.Select(broker => broker.Output)));
        }

        bool IsUp()
        {
            try
            {
                return admin.GetMetadata(TimeSpan.FromSeconds(1)).Brokers.Count == Brokers.Count;
            }
            catch (KafkaException)
            {
                return false;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Brokers.Select(broker => broker.Kill()));
        _folder.Delete(recursive: true);
    }

    private static Dictionary<string, string> Properties(int node, int brokers, int port, int controllerPort, string voters, string data) => new()
    {
        ["process.roles"] = "broker,controller",
        ["node.id"] = $"{node}",
        ["controller.quorum.voters"] = voters,
        ["listeners"] = $"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controllerPort}",
        ["advertised.listeners"] = $"PLAINTEXT://127.0.0.1:{port}",
        ["controller.listener.names"] = "CONTROLLER",
        ["listener.security.protocol.map"] = "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        ["inter.broker.listener.name"] = "PLAINTEXT",
        ["default.replication.factor"] = $"{Math.Min(3, brokers)}",
        ["min.insync.replicas"] = brokers >= 3 ? "2" : "1",
        ["offsets.topic.replication.factor"] = "1",
        ["offsets.topic.num.partitions"] = "1",
        ["transaction.state.log.replication.factor"] = "1",
        ["transaction.state.log.min.isr"] = "1",
        ["transaction.state.log.num.partitions"] = "1",
        ["share.coordinator.state.topic.replication.factor"] = "1",
        ["share.coordinator.state.topic.min.isr"] = "1",
        ["group.initial.rebalance.delay.ms"] = "0",
        // A broker that was killed is not let in again before its old session has ended.
        ["broker.session.timeout.ms"] = "2000",
        ["broker.heartbeat.interval.ms"] = "500",
        ["log.dirs"] = data,
    };

    /// <summary>A listener for each road, which a broker tells its clients to be where the relay is.</summary>
    private static void AddRoads(Dictionary<string, string> properties, Relay[] relays)
    {
        foreach (var ((road, relay), port) in relays.Index().Zip(FreePorts(relays.Length)))
        {
            relay.Mend(new Uri($"http://127.0.0.1:{port}"));
            properties["listeners"] += $",ROAD{road}://127.0.0.1:{port}";
            properties["advertised.listeners"] += $",ROAD{road}://{relay.Address.Authority}";
            properties["listener.security.protocol.map"] += $",ROAD{road}:PLAINTEXT";
        }
    }

    /// <summary>Ports that no connection takes by chance while their broker is down: they are below those that systems give to clients.</summary>
    public static int[] FreePorts(int count)
    {
        var ports = new List<int>();
        while (ports.Count < count)
        {
            var port = Random.Shared.Next(15_000, 30_000);
            if (Given.TryAdd(port, true) && IsFree(port))
            {
                ports.Add(port);
            }
        }

        return [.. ports];
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>A UUID as Kafka writes it, and never one that looks like an option of its tools.</summary>
    private static string ClusterId() => "r" + Encoding.ASCII.GetString(Base64Url.EncodeToUtf8(RandomNumberGenerator.GetBytes(16)))[1..];
}
