using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Channels;
using RigKafka.Transports;

namespace RigKafka.Tests.Transports;

internal sealed class ClientPaceTests
{
    private static readonly ChannelOptions Options = new() { MessageMaxBytes = 1024, MessagesPerSecond = 2 };

    private readonly FakeTimeProvider _time = new();

    [Test]
    public void Messages_AreTwoASecond_AfterABurstOfTwenty()
    {
        var pace = new ClientPace(Options, _time);
        Assert.That(Enumerable.Range(0, 21).Select(_ => pace.AllowsMessage()), Is.EqualTo(Enumerable.Repeat(true, 20).Append(false)));

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(Enumerable.Range(0, 3).Select(_ => pace.AllowsMessage()), Is.EqualTo([true, true, false]));

        _time.Advance(TimeSpan.FromHours(1));
        Assert.That(Enumerable.Range(0, 21).Count(_ => pace.AllowsMessage()), Is.EqualTo(20), "silence saves up no more than a burst");
    }

    /// <summary>An empty frame has six bytes.</summary>
    [Test]
    public void BytesOfNoMessage_AreAsManyASecond_AsControlFramesInThePlaceOfMessages()
    {
        var pace = new ClientPace(Options, _time);
        while (pace.AllowsBytes(6))
        {
        }

        _time.Advance(TimeSpan.FromSeconds(100));
        var frames = 0;
        for (var second = 0; second < 1_000; second++)
        {
            for (_time.Advance(TimeSpan.FromSeconds(1)); pace.AllowsBytes(6); frames++)
            {
            }
        }

        Assert.That(frames, Is.EqualTo(1_000 * 2 * 131 / 6).Within(4_000));
    }

    [Test]
    public void BytesOfFinishedMessages_AreNotCounted_HoweverManyTheyAre()
    {
        var pace = new ClientPace(Options, _time);
        for (var i = 0; i < 10_000; i++)
        {
            Assert.That(pace.AllowsBytes(6 + Options.MessageMaxBytes), Is.True);
            pace.Finish(Options.MessageMaxBytes);
        }
    }

    /// <summary>Else a small message now and then would pay for any number of frames between.</summary>
    [Test]
    public void FinishedMessage_PaysForItself_AndForNothingElse()
    {
        var pace = new ClientPace(Options, _time);
        var rounds = 0;
        while (pace.AllowsBytes(6 + 10) && pace.AllowsBytes(600))
        {
            pace.Finish(10);
            rounds++;
        }

        Assert.That(rounds, Is.InRange(1, 100));
    }
}
