using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Phoenix;

/// <summary>The clients that are in the field, each in its last release of a line, over both transports: they must be happy here, unchanged.</summary>
[TestFixtureSource(nameof(Clients))]
internal sealed class PhoenixClientTests(string version, string transport)
{
    internal static readonly string[] Versions = ["1.2", "1.3", "1.4", "1.7", "1.8"];
    internal static readonly string[] Transports = ["websocket", "longpoll"];
    internal static readonly Lazy<Task> Installed = new(Install);

    private GatewayNode _node = null!;

    private static IEnumerable<TestFixtureData> Clients() =>
        from version in Versions
        from transport in Transports
        select new TestFixtureData(version, transport);

    [OneTimeSetUp]
    public async Task StartTheNode()
    {
        await Installed.Value;
        _node = await GatewayNode.Start();
    }

    [OneTimeTearDown]
    public async Task StopTheNode()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }
    }

    [Test]
    public async Task Join_OfOnesOwnTopic_IsAllowed()
    {
        await using var client = await Joined("joiner");
    }

    [Test]
    public async Task Join_OfAnothersTopic_IsDenied()
    {
        await using var client = Client("carol");
        await client.Join("user:dave");

        Assert.That((await client.Notices("denied")).GetProperty("response").GetString(), Is.EqualTo("""unauthorized user with id "carol" tried to join "user:dave"!"""));
    }

    [Test]
    public async Task Messages_ArriveAllAndInOrder()
    {
        const int Messages = 200;
        await using var client = await Joined("alice");
        for (var i = 0; i < Messages; i++)
        {
            await _node.Publish($$"""{"user":"alice","n":{{i}},"text":"\"é\n🙂"}""".Replace("\n", "\\n", StringComparison.Ordinal));
        }

        for (var i = 0; i < Messages; i++)
        {
            var payload = (await client.Notices("message")).GetProperty("payload");
            Assert.That((payload.GetProperty("n").GetInt32(), payload.GetProperty("text").GetString()), Is.EqualTo((i, "\"é\n🙂")));
        }
    }

    [Test]
    public async Task Leave_EndsTheMessages_AndARejoinBringsThemBack()
    {
        await using var client = await Joined("erin");
        await Wait.Until(async () => (await ListenersTo("erin")).Contains("erin", StringComparison.Ordinal), "the node lists who joined");
        await client.Leave("user:erin");
        await client.Notices("left");
        // The client says so at once; over long polling the node may hear of it after what follows.
        await Wait.Until(async () => !(await ListenersTo("erin")).Contains("erin", StringComparison.Ordinal), "the node has heard that it left");
        await _node.Publish("""{"user":"erin","n":1}""");
        await client.Join("user:erin");
        await client.Notices("joined");
        await _node.Publish("""{"user":"erin","n":2}""");

        Assert.That((await client.Notices("message")).GetProperty("payload").GetProperty("n").GetInt32(), Is.EqualTo(2));
    }

    /// <summary>Over long polling no client sends any: its polls are its sign of life.</summary>
    [Test]
    public async Task Heartbeats_KeepTheConnection()
    {
        await using var node = await GatewayNode.Start(new() { ["LONGPOLL_WINDOW_MS"] = "100", ["LONGPOLL_IDLE_TIMEOUT_MS"] = "6000" });
        await using var client = PhoenixClient.Start(version, transport, node.External, Token.Of("frank"), heartbeatMs: 1500);
        await client.Join("user:frank");
        await client.Notices("joined");
        if (transport == "longpoll")
        {
            // Longer than a session may go without a poll; a poll that a busy machine delays does not take that long.
            await Task.Delay(TimeSpan.FromSeconds(7));
        }
        else
        {
            // The client itself closes at a heartbeat if the one before was not answered by then: on a busy machine that takes a while.
            for (var i = 0; i < 4; i++)
            {
                await client.Notices("heartbeat");
                await client.Notices("alive");
            }
        }

        await node.Publish("""{"user":"frank"}""");
        await client.Notices("message");
        Assert.That(client.HasNoticed("close"), Is.False);
    }

    private static async Task Install()
    {
        if (!Missing.IsProgram("node") || !Missing.IsProgram("npm"))
        {
            Missing.Skip("the Phoenix clients", "install Node.js 18 or newer, and npm");
        }

        using var npm = PhoenixClient.Run("npm", "ci", "--no-audit", "--no-fund");
        var output = await npm.StandardOutput.ReadToEndAsync().Soon();
        await npm.WaitForExitAsync().Soon();
        Assert.That(npm.ExitCode, Is.Zero, output);
    }

    private PhoenixClient Client(string user, int heartbeatMs = 30_000) => PhoenixClient.Start(version, transport, _node.External, Token.Of(user), heartbeatMs);

    private async Task<PhoenixClient> Joined(string user)
    {
        var client = Client(user);
        await client.Join($"user:{user}");
        await client.Notices("joined");
        return client;
    }

    private async Task<string> ListenersTo(string user)
    {
        using var answer = await _node.GetApi($"/v1/users/{user}/sessions");
        return await answer.Content.ReadAsStringAsync();
    }
}
