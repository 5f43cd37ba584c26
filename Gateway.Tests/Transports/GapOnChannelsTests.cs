using NUnit.Framework;
using RigKafka.Channels;
using RigKafka.Log;
using RigKafka.Transports;

namespace RigKafka.Tests.Transports;

/// <summary>Clients of the channel protocol hear by topic alone: what is told on no topic they never hear.</summary>
internal sealed class GapOnChannelsTests
{
    [Test]
    public async Task Gap_OnAWebSocket_IsToldOnEachTopicThatIsJoined()
    {
        using var node = new TestNode();
        var wire = new FakeWire();
        var connection = node.Registry.Add(wire, WebSocketFrame.Format(ChannelCodec.V2), "websocket");
        connection.Start();
        node.Join(connection, "alice", "bob");
        node.Log.Place(0, 7, [5], LogPlacement.Retention);
        await node.Settle();

        Assert.That(wire.Text, Does.Contain("""[null,null,"user:alice","gap",{"reason":"retention"}]""").And.Contain("""[null,null,"user:bob","gap",{"reason":"retention"}]"""));
        Assert.That(wire.Text, Does.Not.Contain("""[null,null,"","gap"""));
    }
}
