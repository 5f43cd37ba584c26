using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;

namespace RigKafka.IntegrationTests.Sessions;

/// <summary>Topics of its own for each test.</summary>
internal abstract class SessionsFixture
{
    protected string Hosts { get; private set; } = null!;

    protected string Topic { get; private set; } = null!;

    protected Dictionary<string, string?> Settings { get; private set; } = null!;

    [SetUp]
    public async Task NameTopics()
    {
        (Hosts, Topic) = (await TestKafka.Hosts(), TestTopics.NewName());
        Settings = new() { ["KAFKA_PARTITIONS"] = "1" };
    }
}
