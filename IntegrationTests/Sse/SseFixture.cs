using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>One node serves all tests of a class; each test has a user of its own.</summary>
internal abstract class SseFixture
{
    private static readonly Dictionary<string, string?> Settings = new()
    {
        ["PRIVILEGED_ROLES"] = "admin,support",
        ["HEARTBEAT_INTERVAL_MS"] = "400",
        ["SSE_RETRY_MS"] = "1000",
    };

    protected GatewayNode Node { get; private set; } = null!;

    /// <summary>The user of this test alone.</summary>
    protected string Me { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartTheNode() => Node = await GatewayNode.Start(Settings);

    [OneTimeTearDown]
    public async Task StopTheNode() => await Node.DisposeAsync();

    [SetUp]
    public void ChooseAUser() => Me = $"user-{Guid.NewGuid():N}";

    protected static string Reply(string topic, string status, string response) =>
        $$$"""{"topic":"{{{topic}}}","ref":null,"payload":{"status":"{{{status}}}","response":{{{response}}}},"join_ref":null,"event":"phx_reply"}""";

    /// <summary>The next offset of the only partition, by the id of an event.</summary>
    protected static long Offset(SseEvent one) => TestPosition.Parse(one.Id!).Offsets(0)[0];
}
