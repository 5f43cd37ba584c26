using NUnit.Framework;
using RigKafka.Log;
using RigKafka.Messages;
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
        var connection = node.Registry.Add(wire, WebSocketFormat.V2, "websocket");
        connection.Start();
        node.FanOut.Join(connection, Topic.OfUser("alice"), [(byte)'-']);
        node.FanOut.Join(connection, Topic.OfUser("bob"), [(byte)'-']);
        node.Log.Place(0, 7, [5], LogPlacement.Retention);
        await node.Settle();

        Assert.That(wire.Text, Does.Contain("""[null,null,"user:alice","gap",{"reason":"retention"}]""").And.Contain("""[null,null,"user:bob","gap",{"reason":"retention"}]"""));
        Assert.That(wire.Text, Does.Not.Contain("""[null,null,"","gap"""));
    }
}
