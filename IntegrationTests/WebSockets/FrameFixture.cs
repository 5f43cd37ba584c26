using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.WebSockets;

/// <summary>One node for all tests of a class, and what a healthy client says and hears.</summary>
internal abstract class FrameFixture
{
    protected const string Beat = """[null,"5","phoenix","heartbeat",{}]""";
    protected const string Alive = """[null,"5","phoenix","phx_reply",{"status":"ok","response":{}}]""";

    protected GatewayNode Node { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartTheNode() => Node = await GatewayNode.Start(new() { ["PRIVILEGED_ROLES"] = "admin" });

    [OneTimeTearDown]
    public async Task StopTheNode() => await Node.DisposeAsync();
}
