using System.Text;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;
using static RigKafka.IntegrationTests.WebSockets.RawWebSocket;

namespace RigKafka.IntegrationTests.WebSockets;

/// <summary>What a client has begun to send costs memory until it has ended, and so it has to end.</summary>
internal sealed class UnfinishedMessageTests
{
    private const string Beat = """[null,"5","phoenix","heartbeat",{}]""";
    private const string Alive = """[null,"5","phoenix","phx_reply",{"status":"ok","response":{}}]""";

    private GatewayNode _node = null!;

    [OneTimeSetUp]
    public async Task StartTheNode() => _node = await GatewayNode.Start(new() { ["CLIENT_MESSAGE_TIMEOUT_MS"] = "1000" });

    [OneTimeTearDown]
    public async Task StopTheNode() => await _node.DisposeAsync();

    /// <summary>A client that sends as much as it may, in fragments, with pings between, is not taken for one that sends nothing but frames.</summary>
    [Test]
    public async Task LargeMessages_InFragments_AsFastAsTheyGo_AreAllAnswered()
    {
        const int Messages = 200;
        await using var node = await GatewayNode.Start();
        using var socket = await Open(node.External, "busy");
        var message = Encoding.UTF8.GetBytes($$"""[null,"5","phoenix","heartbeat",{"pad":"{{new string('x', 65_000)}}"}]""");
        var bytes = new List<byte>();
        for (var start = 0; start < message.Length; start += 4_000)
        {
            var end = Math.Min(start + 4_000, message.Length);
            bytes.AddRange(Frame((start == 0 ? Text : Continuation) | (end == message.Length ? Final : 0), message.AsSpan(start..end)));
        }

        bytes.AddRange(Frame(Final | Ping, "still there"u8));
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < Messages; i++)
            {
                await socket.SendRaw(bytes.ToArray());
            }
        });
        for (var i = 0; i < Messages; i++)
        {
            Assert.That(await socket.Hear(), Is.EqualTo(Alive));
            Assert.That((await socket.Next())?.First, Is.EqualTo(Final | Pong));
        }

        await sending.Soon();
    }

    private static IEnumerable<TestCaseData> BegunMessages()
    {
        yield return Case("HeadAlone", Frame(Final | Text, new byte[65_000])[..8]);
        yield return Case("AllButTheLastByte", Frame(Final | Text, new byte[65_000])[..^1]);
        yield return Case("Fragment", Frame(Text, "["u8));
        yield return Case("FragmentWithoutContent", Frame(Text, ""u8));
        yield return Case("BinaryFragment_AndAPing", [.. Frame(Binary, "["u8), .. Frame(Final | Ping, ""u8)]);
        yield return Case("AsLargeAsAMessageMayBe_ButNotTheLast", Frame(Text, new byte[65_536]));
        yield return Case("AfterAWholeOne", [.. Frame(Final | Text, Encoding.UTF8.GetBytes(Beat)), .. Frame(Text, "["u8)]);

        static TestCaseData Case(string name, byte[] bytes) => new TestCaseData(bytes).SetName($"MessageThatIsNotFinished_{name}");
    }

    [TestCaseSource(nameof(BegunMessages))]
    public async Task MessageThatIsNotFinished_ClosesItsSocketInTime(byte[] bytes)
    {
        using var socket = await Listen(_node.External, "slow");
        await socket.SendRaw(bytes);
        var events = new List<string>();

        Assert.That(await socket.ClosedFor(events), Is.EqualTo((1008, "message_unfinished")));
        Assert.That(events[^1], Is.EqualTo("""[null,null,"user:slow","closing",{"reason":"message_unfinished","reconnect":true}]"""));
    }

    /// <summary>Whatever comes between: a byte now and then renews nothing.</summary>
    [Test]
    public async Task MessageThatGoesOnAndOn_ClosesItsSocketInTime()
    {
        using var socket = await Listen(_node.External, "slow");
        var closed = socket.ClosedFor();
        await socket.Send(Text, "["u8);
        var going = Task.Run(async () =>
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            while (!closed.IsCompleted && await timer.WaitForNextTickAsync())
            {
                await socket.Send(Continuation, " "u8);
            }
        });

        Assert.That(await closed, Is.EqualTo((1008, "message_unfinished")));
        // The last byte may have met a socket that was closed by then.
        await going.ContinueWith(_ => { }, TaskScheduler.Default).Soon();
    }

    [TestCase(Ping)]
    [TestCase(Pong)]
    public async Task FloodThatNeverPauses_IsCutOff(byte opcode)
    {
        using var socket = await Open(_node.External, "flood");
        var frames = Enumerable.Repeat(Frame(Final | opcode, ""u8), 10_000).SelectMany(frame => frame).ToArray();
        var flood = Task.Run(async () =>
        {
            while (true)
            {
                await socket.SendRaw(frames);
            }
        });

        Assert.That(async () => await flood.Soon(), Throws.InstanceOf<System.Net.Sockets.SocketException>());
        await Wait.Until(() => _node.Registry.Open == 0, "it is forgotten");
    }

    [Test]
    public async Task ClientThatIsSilent_HasBegunNothing()
    {
        using var silent = await Listen(_node.External, "silent");
        using var clock = await Listen(_node.External, "clock");
        await clock.Send(Text, "["u8);
        Assert.That(await clock.Closed(), Is.EqualTo(1008));

        await silent.Say(Beat);
        Assert.That(await silent.Hear(), Is.EqualTo(Alive));
    }
}
