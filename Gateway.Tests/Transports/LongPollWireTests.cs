using System.Text;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Channels;
using RigKafka.Connections;
using RigKafka.Transports;

namespace RigKafka.Tests.Transports;

internal sealed class LongPollWireTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();

    [Test]
    public async Task Poll_ThatWaits_TakesOneRun_AndTheNextRunWaitsForTheNextPoll()
    {
        var wire = new LongPollWire();
        Assert.That(wire.TryWrite("early"u8), Is.Zero);
        var poll = Poll(wire);

        Assert.That(wire.TryWrite("one"u8), Is.EqualTo(3));
        Assert.That(wire.TryWrite("two"u8), Is.Zero);
        Assert.That(await Text(poll), Is.EqualTo("one"));
    }

    [Test]
    public async Task Poll_WithoutFrames_EndsWithItsWindow_AndTakesNothingAfterwards()
    {
        var wire = new LongPollWire();
        var poll = Poll(wire);
        _time.Advance(Window);

        Assert.That(await Text(poll), Is.Empty);
        Assert.That(wire.TryWrite("late"u8), Is.Zero);
    }

    [Test]
    public async Task Poll_ThatIsDisplaced_GetsNothing_AndTheNewOneAll()
    {
        var wire = new LongPollWire();
        var first = Poll(wire);
        var second = Poll(wire);
        Assert.That(await Text(first), Is.Empty);

        Assert.That(wire.TryWrite("one"u8), Is.EqualTo(3));
        Assert.That(await Text(second), Is.EqualTo("one"));
    }

    [Test]
    public async Task Write_ThatWaits_GoesOnWithTheNextPoll()
    {
        var wire = new LongPollWire();
        var write = wire.WriteAsync("one"u8.ToArray()).AsTask();
        Assert.That(write.IsCompleted, Is.False);
        var poll = Poll(wire);

        Assert.That(await write.Soon(), Is.Zero, "it is tried again");
        Assert.That(wire.TryWrite("one"u8), Is.EqualTo(3));
        Assert.That(await Text(poll), Is.EqualTo("one"));
    }

    [Test]
    public async Task Poll_WhoseClientIsGone_TakesNothing()
    {
        var wire = new LongPollWire();
        using var gone = new CancellationTokenSource();
        var poll = wire.Poll(Window, _time, gone.Token);
        await gone.CancelAsync();

        Assert.That(await Text(poll), Is.Empty);
        Assert.That(wire.TryWrite("one"u8), Is.Zero);
    }

    /// <summary>That it polls again is the only sign that it has what it was given: only then are its last words spoken.</summary>
    [Test]
    public async Task LastWords_AreSpoken_OnceTheClientPollsAgain()
    {
        using var node = new TestNode();
        var wire = new LongPollWire();
        var connection = node.Listen(wire, "alice");
        var poll = Poll(wire);
        connection.Close(CloseReason.Shutdown);
        Assert.That(await Text(poll), Does.Contain("shutdown"));
        Assert.That(connection.Closed.IsCompleted, Is.False);

        _ = Poll(wire);
        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.Shutdown));
    }

    [Test]
    public async Task Abort_EndsWhatWaits_AndWhatComesLater()
    {
        var wire = new LongPollWire();
        var poll = Poll(wire);
        wire.Abort();
        Assert.That(await Text(poll), Is.Empty);
        Assert.That(await Text(Poll(wire)), Is.Empty);
        Assert.That(wire.TryWrite("one"u8), Is.EqualTo(-1));
        Assert.That(await wire.WriteAsync("one"u8.ToArray()), Is.EqualTo(-1));

        var other = new LongPollWire();
        var write = other.WriteAsync("one"u8.ToArray()).AsTask();
        other.Abort();
        Assert.That(await write.Soon(), Is.EqualTo(-1));
    }

    /// <summary>Polls that time out, are given up and displace each other, against a delivery loop: each frame is handed out once and in order.</summary>
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public async Task Frames_AgainstPollsOfAllKinds_AreNeitherLostNorReordered(int seed)
    {
        const int Messages = 2_000;
        using var node = new TestNode();
        var wire = new LongPollWire();
        node.Listen(wire, "alice");
        var random = new Random(seed);
        var pushing = Task.Run(async () =>
        {
            for (var i = 0; i < Messages; i++)
            {
                await node.Push(TestNode.Json("alice", i), more: i % 7 != 0);
            }

            await node.Push(TestNode.Json("alice", Messages), more: false);
        });

        var got = new StringBuilder();
        var last = $"\"n\":{Messages},";
        using var limit = new CancellationTokenSource(Limits.Hang);
        while (!got.ToString().Contains(last, StringComparison.Ordinal))
        {
            limit.Token.ThrowIfCancellationRequested();
            using var gone = new CancellationTokenSource();
            var window = TimeSpan.FromMilliseconds(random.Next(3));
            var first = wire.Poll(window, TimeProvider.System, gone.Token);
            Task<byte[]>? second = null;
            switch (random.Next(4))
            {
                case 0:
                    await gone.CancelAsync();
                    break;
                case 1:
                    second = wire.Poll(window, TimeProvider.System, CancellationToken.None);
                    break;
            }

            got.Append(await Text(first));
            got.Append(second is null ? "" : await Text(second));
        }

        await pushing.Soon();
        var numbers = got.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split("\"n\":")[1].Split(',')[0]);
        Assert.That(numbers, Is.EqualTo(Enumerable.Range(0, Messages + 1).Select(n => $"{n}")));
    }

    [Test]
    public async Task Blacklisted_WhileFramesWaitForAPoll_HearsThatAlone([Values] bool isPollUnderWay)
    {
        using var node = new TestNode();
        var wire = new LongPollWire();
        var connection = node.Listen(wire, "alice");
        if (isPollUnderWay)
        {
            _ = Poll(wire);
            await node.Push(TestNode.Json("alice", 0));
            await node.Settle();
        }

        await node.Push(TestNode.Json("alice", 1));
        await node.Push(TestNode.Json("alice", 2));
        await node.Settle();
        connection.Close(CloseReason.TokenBlacklisted);
        await node.Settle();

        Assert.That(await Text(Poll(wire)), Is.EqualTo("closing||{\"reason\":\"token_blacklisted\",\"reconnect\":false}\n"));
    }

    /// <summary>The token of a session that has joined nothing may end too.</summary>
    [Test]
    public async Task Close_WithoutAnythingToSay_EndsTheConnection()
    {
        using var node = new TestNode();
        var wire = new LongPollWire();
        var connection = node.Registry.Add(wire, LongPollWire.Format(ChannelCodec.V1), "test");
        connection.Start();
        connection.Close(CloseReason.Shutdown);

        Assert.That(await TestNode.End(connection), Is.EqualTo(CloseReason.Shutdown));
    }

    private static async Task<string> Text(Task<byte[]> poll) => Encoding.UTF8.GetString(await poll.Soon());

    private Task<byte[]> Poll(LongPollWire wire) => wire.Poll(Window, _time, CancellationToken.None);
}
