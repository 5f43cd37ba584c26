using System.Net.WebSockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Channels;
using RigKafka.Connections;
using Signals = System.Threading.Channels.Channel;

namespace RigKafka.Tests.Transports;

/// <summary>What ends the reading of a client's messages. Each way of ending has its close code.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class WebSocketReaderTests
{
    private const string Beat = """[null,"5","phoenix","heartbeat",{}]""";

    private static readonly ChannelOptions Options = new() { MessageMaxBytes = 1024, MessagesPerSecond = 2 };

    private readonly WatchedTime _time = new();

    [Test]
    public async Task Messages_WholeFragmentedOrBinary_AreHandedOver()
    {
        using var client = new ReadClient(Options, _time);
        await client.Send(Beat);
        await client.Send(Beat[..5], last: false);
        await client.Send("", last: false);
        await client.Send(Beat[5..]);
        await client.Socket.SendAsync(Encoding.UTF8.GetBytes(Beat), WebSocketMessageType.Binary, true, CancellationToken.None);
        await client.Leave();

        Assert.That(await client.Reason(), Is.EqualTo(CloseReason.ClientGone));
        Assert.That(client.Frames.Select(frame => frame.Ref), Is.EqualTo(Enumerable.Repeat("\"5\"", 3)));
    }

    [Test]
    public async Task LargestMessage_IsTaken_AndOneByteMoreIsTooBig()
    {
        using var client = new ReadClient(Options, _time);
        await client.Send(Beat.PadRight(Options.MessageMaxBytes));
        await client.Send(Beat.PadRight(Options.MessageMaxBytes + 1));

        Assert.That((await client.Reason()).Code, Is.EqualTo(1009));
        Assert.That(client.Frames, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task FragmentsThatAreTooBigTogether_AreTooBig_BeforeTheyEnd()
    {
        using var client = new ReadClient(Options, _time);
        await client.Send(new string(' ', 1000), last: false);
        await client.Send(new string(' ', 25), last: false);

        Assert.That((await client.Reason()).Code, Is.EqualTo(1009));
    }

    [TestCase("{}")]
    [TestCase("")]
    [TestCase("[null,null,null,null,null]")]
    [TestCase("""{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"1"}""")]
    public async Task Text_ThatIsNoFrameOfItsVersion_IsABadFrame(string text)
    {
        using var client = new ReadClient(Options, _time);
        await client.Send(text);

        Assert.That((await client.Reason()).Code, Is.EqualTo(1011));
    }

    [Test]
    public async Task BinaryMessage_ThatIsNoUtf8_IsBadText()
    {
        using var client = new ReadClient(Options, _time);
        await client.Socket.SendAsync(new byte[] { 0xc3, 0x28 }, WebSocketMessageType.Binary, true, CancellationToken.None);

        Assert.That((await client.Reason()).Code, Is.EqualTo(1007));
    }

    [Test]
    public async Task MoreMessagesThanAllowed_AreTooMany_ButNotWithTime()
    {
        using var client = new ReadClient(Options, _time);
        for (var i = 0; i < 20; i++)
        {
            await client.Send(Beat);
        }

        await client.Handled(20);
        _time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 3; i++)
        {
            await client.Send(Beat);
        }

        Assert.That((await client.Reason()).Code, Is.EqualTo(1013));
        Assert.That(client.Frames, Has.Count.EqualTo(22));
    }

    /// <summary>However it is begun, and however little comes now and then: it holds memory all the while.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public async Task MessageThatIsNotFinished_EndsInTime(bool trickles)
    {
        using var client = new ReadClient(Options, _time);
        await client.Send("[", last: false);
        await _time.TimerMade();
        for (var passed = TimeSpan.FromSeconds(1); passed < Options.MessageTimeout; passed += TimeSpan.FromSeconds(1))
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            if (trickles)
            {
                await client.Send("", last: false);
            }
        }

        Assert.That(client.Reason().IsCompleted, Is.False);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await client.Reason(), Is.EqualTo(CloseReason.Unfinished));
        Assert.That((CloseReason.Unfinished.Code, client.Frames), Is.EqualTo((1008, Array.Empty<ClientFrame>())));
    }

    [Test]
    public async Task MessageThatIsFinishedInTime_LeavesTheNextOneAsMuch()
    {
        using var client = new ReadClient(Options, _time);
        for (var i = 1; i <= 5; i++)
        {
            await client.Send(Beat[..5], last: false);
            await _time.TimerMade();
            _time.Advance(Options.MessageTimeout - TimeSpan.FromMilliseconds(1));
            await client.Send(Beat[5..]);
            await client.Handled(1);
        }

        await client.Leave();
        Assert.That(await client.Reason(), Is.EqualTo(CloseReason.ClientGone));
        Assert.That(client.Frames, Has.Count.EqualTo(5));
    }

    [Test]
    public async Task MessageThatIsFinished_MayBeHandledForLongerThanItMayTake()
    {
        var handling = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var client = new ReadClient(Options, _time) { Handling = handling.Task };
        await client.Send(Beat[..5], last: false);
        await _time.TimerMade();
        await client.Send(Beat[5..]);
        await client.Handled(1);

        _time.Advance(Options.MessageTimeout * 2);
        handling.SetResult();
        await client.Leave();

        Assert.That(await client.Reason(), Is.EqualTo(CloseReason.ClientGone));
    }

    [Test]
    public async Task ConnectionThatBreaks_IsGone()
    {
        using var client = new ReadClient(Options, _time);
        client.Break();

        Assert.That(await client.Reason(), Is.EqualTo(CloseReason.ClientGone));
    }

    /// <summary>A token may have to wait for the issuer's keys.</summary>
    [Test]
    public async Task Frame_ThatTakesTime_HoldsUpTheNextOne()
    {
        using var client = new ReadClient(Options, _time);
        var first = new TaskCompletionSource();
        client.Handling = first.Task;
        await client.Send("""[null,"1","phoenix","access_token",{}]""");
        await client.Send("""[null,"2","phoenix","heartbeat",{}]""");
        await client.Handled(1);
        Assert.That(client.Frames, Has.Count.EqualTo(1));
        first.SetResult();

        await client.Handled(1);
        Assert.That(client.Frames.Select(frame => frame.Ref), Is.EqualTo(["\"1\"", "\"2\""]));
    }

    [Test]
    public async Task Close_AmidAMessage_IsAnswered()
    {
        using var client = new ReadClient(Options, _time);
        await client.Send("[", last: false);
        await client.Leave();

        Assert.That(await client.Reason(), Is.EqualTo(CloseReason.ClientGone));
        await client.Answered();
    }

    /// <summary>A clock that tells when something waits for it.</summary>
    private sealed class WatchedTime : FakeTimeProvider
    {
        private readonly global::System.Threading.Channels.Channel<bool> _made = Signals.CreateUnbounded<bool>();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _made.Writer.TryWrite(true);
            return timer;
        }

        public async Task TimerMade() => Assert.That(await _made.Reader.ReadAsync().Soon(), Is.True);
    }
}
