using NUnit.Framework;

namespace RigKafka.Tests.Direct;

/// <summary>A server of its own for each test.</summary>
[Platform("Linux")]
internal abstract class StreamFixture
{
    protected StreamServer Server { get; private set; } = null!;

    [SetUp]
    public async Task Start() => Server = await StreamServer.Start();

    [TearDown]
    public async Task Stop() => await Server.DisposeAsync();
}
