using RigKafka.Auth;
using RigKafka.Connections;

namespace RigKafka.Channels;

/// <summary>One client that speaks the channel protocol: answers its frames and keeps which channels it has joined.</summary>
/// <remarks>Frames of one client are handled one after the other.</remarks>
/// <param name="identity">Whose connection it is.</param>
/// <param name="connection">The connection.</param>
/// <param name="version">How the client writes.</param>
/// <param name="wrap">Makes a frame of the transport from one or several messages of the protocol.</param>
/// <param name="channels">What is shared by all clients.</param>
internal sealed class ChannelSocket(Identity identity, Connection connection, FrameVersion version, Func<byte[], byte[]> wrap, ChannelServices channels)
{
    private const string Empty = "{}";
    private const string Unmatched = """{"reason":"unmatched topic"}""";
    private const string TooMany = """{"reason":"too many channels"}""";

    /// <summary>The reference of the join, by topic.</summary>
    private readonly Dictionary<string, string?> _joined = [];

    /// <summary>Answers a frame. Says whether the client was let do what it asked for.</summary>
    public bool Handle(ClientFrame frame)
    {
        switch (frame)
        {
            case { Topic: ClientFrame.SocketTopic, Event: ClientFrame.Heartbeat }:
                Send(version.Reply(null, frame.Ref, frame.Topic, true, Empty));
                return true;
            case { Event: ClientFrame.Join }:
                return Join(frame);
            case { Event: ClientFrame.Leave } when _joined.Remove(frame.Topic, out var joinRef):
                Leave(frame, joinRef);
                return true;
            case var _ when _joined.ContainsKey(frame.Topic):
                // As in the original: nobody listens to what clients say on a channel.
                return true;
            default:
                return Refuse(null, frame, Unmatched);
        }
    }

    private bool Join(ClientFrame frame)
    {
        var decision = channels.Policy.Decide(identity, frame.Topic);
        if (!decision.Allowed)
        {
            return Refuse(decision.Response == Unmatched ? null : frame.Ref, frame, decision.Response);
        }

        var isRejoin = _joined.TryGetValue(frame.Topic, out var earlier);
        if (!isRejoin && _joined.Count >= channels.Options.MaxJoins)
        {
            return Refuse(frame.Ref, frame, TooMany);
        }

        _joined[frame.Topic] = frame.Ref;
        var reply = wrap(version.Reply(frame.Ref, frame.Ref, frame.Topic, true, decision.Response));
        // The client tells the end of its earlier channel from the new one by the reference.
        channels.FanOut.Join(connection, frame.Topic, isRejoin ? [.. reply, .. wrap(version.Closed(earlier, frame.Topic))] : reply);
        return true;
    }

    private void Leave(ClientFrame frame, string? joinRef) => channels.FanOut.Leave(
        connection, frame.Topic, [.. wrap(version.Reply(joinRef, frame.Ref, frame.Topic, true, Empty)), .. wrap(version.Closed(joinRef, frame.Topic))]);

    private bool Refuse(string? joinRef, ClientFrame frame, string response)
    {
        Send(version.Reply(joinRef, frame.Ref, frame.Topic, false, response));
        return false;
    }

    private void Send(byte[] message) => connection.Send(wrap(message));
}
