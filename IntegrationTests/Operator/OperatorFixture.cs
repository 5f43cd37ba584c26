using NUnit.Framework;
using RigKafka.IntegrationTests.Demo;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Operator;

/// <summary>A browser for all tests of a class, and a node for each.</summary>
/// <param name="settings">The node's.</param>
internal abstract class OperatorFixture(Dictionary<string, string?> settings)
{
    protected Chromium Browser { get; private set; } = null!;

    protected GatewayNode Node { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartBrowser() => Browser = await Chromium.Start();

    [OneTimeTearDown]
    public Task StopBrowser() => Browser?.DisposeAsync().AsTask() ?? Task.CompletedTask;

    [SetUp]
    public async Task Start() => Node = await GatewayNode.Start(settings);

    [TearDown]
    public Task Stop() => Node.DisposeAsync().AsTask();
}
