using System.Text;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.Channels;
using RigKafka.Connections;
using RigKafka.Transports;

namespace RigKafka.Tests.Channels;

internal sealed class ChannelFormatTests
{
    private static readonly Event Message = new("user:alice", "message", """{"user":"alice","t":"\"é\\n🙂"}"""u8.ToArray(), [], 0);

    private static readonly ChannelFormat V1 = LongPollWire.Format(ChannelCodec.V1);
    private static readonly ChannelFormat V2 = LongPollWire.Format(ChannelCodec.V2);

    [Test]
    public void Version1_HasObjects() =>
        Assert.That(Text(V1.Encode(Message)), Is.EqualTo(""",{"topic":"user:alice","ref":null,"payload":{"user":"alice","t":"\"é\\n🙂"},"event":"message"}"""));

    [Test]
    public void Version2_HasTextsOfArrays()
    {
        var frame = Text(V2.Encode(Message));

        Assert.That(frame, Does.StartWith(",\""));
        Assert.That(JsonDocument.Parse(frame[1..]).RootElement.GetString(), Is.EqualTo("""[null,null,"user:alice","message",{"user":"alice","t":"\"é\\n🙂"}]"""));
    }

    [Test]
    public void Frames_OneAfterTheOther_AreMembersOfAnArray()
    {
        foreach (var format in new[] { V1, V2 })
        {
            var closing = Event.Closing("shutdown", reconnect: true);
            byte[] frames =
            [
                .. format.Encode(Message),
                .. format.Encode(closing.On("user:alice")),
                .. format.Encode(closing.On("user:bob")),
                .. format.End(CloseReason.Shutdown),
                .. format.Encode(Event.TokenExpiring(5).On("user:alice")),
            ];
            Assert.That(JsonDocument.Parse($"[{Text(frames)[1..]}]").RootElement.GetArrayLength(), Is.EqualTo(4));
        }
    }

    [Test]
    public void WhatHasNoTopic_HasNoFrame()
    {
        using var node = new TestNode();
        var connection = node.Registry.Add(new FakeWire(), V1, "test");
        Assert.That(node.Registry.Frame(connection, Event.Closing("shutdown", reconnect: true), evenUnanswered: true), Is.Empty);
        Assert.That(V1.End(CloseReason.Shutdown), Is.Empty);
        Assert.That(V1.Heartbeat([]), Is.Empty);
    }

    private static string Text(byte[] utf8) => Encoding.UTF8.GetString(utf8);
}
