using System.Text;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Transports;

namespace RigKafka.Tests.Transports;

internal sealed class LongPollFormatTests
{
    private static readonly Event Message = new("user:alice", "message", """{"user":"alice","t":"\"é\\n🙂"}"""u8.ToArray(), [], 0);

    [Test]
    public void Version1_HasObjects() =>
        Assert.That(Text(LongPollFormat.V1.Encode(Message)), Is.EqualTo(""",{"topic":"user:alice","ref":null,"payload":{"user":"alice","t":"\"é\\n🙂"},"event":"message"}"""));

    [Test]
    public void Version2_HasTextsOfArrays()
    {
        var frame = Text(LongPollFormat.V2.Encode(Message));

        Assert.That(frame, Does.StartWith(",\""));
        Assert.That(JsonDocument.Parse(frame[1..]).RootElement.GetString(), Is.EqualTo("""[null,null,"user:alice","message",{"user":"alice","t":"\"é\\n🙂"}]"""));
    }

    [Test]
    public void Frames_OneAfterTheOther_AreMembersOfAnArray()
    {
        foreach (var format in new[] { LongPollFormat.V1, LongPollFormat.V2 })
        {
            byte[] frames = [.. format.Encode(Message), .. format.Closing(CloseReason.Shutdown, ["user:alice", "user:bob"]), .. format.TokenExpiring(5, ["user:alice"])];
            Assert.That(JsonDocument.Parse($"[{Text(frames)[1..]}]").RootElement.GetArrayLength(), Is.EqualTo(4));
        }
    }

    [Test]
    public void WhatHasNoTopic_HasNoFrame()
    {
        Assert.That(LongPollFormat.V1.Closing(CloseReason.Shutdown, []), Is.Empty);
        Assert.That(LongPollFormat.V1.Heartbeat([]), Is.Empty);
    }

    private static string Text(byte[] utf8) => Encoding.UTF8.GetString(utf8);
}
