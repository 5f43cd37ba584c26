using System.Net.Sockets;
using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;
using Testcontainers.Kafka;

namespace RigKafka.IntegrationTests;

/// <summary>
/// Where the tests get a broker from: <c>KAFKA_TEST_BROKERS</c> (a list of host:port), else a running Docker engine, else Apache's
/// distribution in <c>KAFKA_HOME</c>. Tests that kill brokers always need the last. Without any they are skipped, or fail if <c>RIG_REQUIRE_KAFKA=true</c>.
/// </summary>
/// <remarks>In the root namespace, because a set-up fixture is torn down after the tests of its own namespace only.</remarks>
[SetUpFixture]
internal sealed class TestKafka
{
    private const string Advice = "run make kafka, which fetches it, or set KAFKA_HOME to an unpacked Apache Kafka 4";

    private static readonly SemaphoreSlim Starting = new(1);
    private static readonly List<IAsyncDisposable> Started = [];
    private static readonly Lazy<Task<FileInfo>> ClassArchive = new(MakeClassArchive);
    private static string? _hosts;

    private static string? Home => Environment.GetEnvironmentVariable("KAFKA_HOME") is { Length: > 0 } home ? home : null;

    /// <summary>The bootstrap servers of the one cluster that all tests share; started at the first call.</summary>
    public static async Task<string> Hosts()
    {
        await Starting.WaitAsync(TimeSpan.FromMinutes(3));
        try
        {
            return _hosts ??= await Find();
        }
        finally
        {
            Starting.Release();
        }
    }

    /// <summary>A cluster of the test's own, which it may kill and restart, and has to dispose of.</summary>
    public static async Task<KafkaCluster> StartCluster(int brokers = 1, IReadOnlyDictionary<string, string>? overrides = null, bool waitUntilUp = true, IReadOnlyList<string>? format = null, IReadOnlyList<IReadOnlyList<Relay>>? roads = null)
    {
        var home = Distribution("a Kafka to kill", Advice);
        return await KafkaCluster.Start(home, brokers, overrides, waitUntilUp, format, $"-XX:SharedArchiveFile={await ClassArchive.Value}", roads);
    }

    [OneTimeTearDown]
    public async Task StopWhatWasStarted()
    {
        foreach (var started in Started)
        {
            await started.DisposeAsync();
        }

        if (ClassArchive.IsValueCreated)
        {
            (await ClassArchive.Value).Directory!.Delete(recursive: true);
        }
    }

    /// <summary>The classes that a broker loads, ready for use (Java's class data sharing): starting one takes 40 % less processor time with it.</summary>
    private static async Task<FileInfo> MakeClassArchive()
    {
        var archive = new FileInfo(Path.Combine(Directory.CreateTempSubdirectory("rig-kafka-test-").FullName, "broker.jsa"));
        await using var cluster = await KafkaCluster.Start(Home!, brokers: 1, javaOptions: $"-XX:ArchiveClassesAtExit={archive}");
        await cluster.Brokers[0].Stop();
        return archive;
    }

    private static async Task<string> Find()
    {
        if (Environment.GetEnvironmentVariable("KAFKA_TEST_BROKERS") is { Length: > 0 } given)
        {
            return Use("KAFKA_TEST_BROKERS", given);
        }

        if (DockerRuns())
        {
            // Untried so far: no machine that this was built on had a Docker engine.
            var container = new KafkaBuilder("apache/kafka:4.1.0").Build();
            Started.Add(container);
            await container.StartAsync();
            return Use("Docker (Testcontainers)", container.GetBootstrapAddress());
        }

        var cluster = await KafkaCluster.Start(Distribution("Kafka", $"{Advice}, or KAFKA_TEST_BROKERS to host:port of a running one, or start a Docker engine"), brokers: 1);
        Started.Add(cluster);
        return Use("KAFKA_HOME", cluster.Hosts);
    }

    private static bool DockerRuns()
    {
        if (Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 })
        {
            return true;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint("/var/run/docker.sock"));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Use(string source, string hosts)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = hosts }).SetLogHandler((_, _) => { }).Build();
        var brokers = admin.GetMetadata(Limits.Hang).Brokers.Count;
        TestContext.Progress.WriteLine($"Kafka for the tests: {source}, {brokers} broker(s) at {hosts}.");
        return hosts;
    }

    private static string Distribution(string what, string advice)
    {
        if (Home is null)
        {
            Missing.Skip(what, advice);
        }

        if (Environment.GetEnvironmentVariable("JAVA_HOME") is not { Length: > 0 } && !Missing.IsProgram("java"))
        {
            Missing.Skip("Java", "install Java 17 or newer, which Kafka needs");
        }

        return Home;
    }
}
