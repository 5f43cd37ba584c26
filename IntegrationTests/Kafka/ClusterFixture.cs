using NUnit.Framework;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>Tests with brokers of their own.</summary>
/// <param name="brokers">How many there are.</param>
/// <param name="overrides">Their properties that differ.</param>
internal abstract class ClusterFixture(int brokers = 1, IReadOnlyDictionary<string, string>? overrides = null)
{
    protected KafkaCluster Cluster { get; private set; } = null!;

    protected TestTopics Topics { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        Cluster = await TestKafka.StartCluster(brokers, overrides);
        Topics = new TestTopics(Cluster.Hosts);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        Topics?.Dispose();
        if (Cluster is not null)
        {
            await Cluster.DisposeAsync();
        }
    }
}
