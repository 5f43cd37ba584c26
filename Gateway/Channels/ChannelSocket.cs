using System.Text;
using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Delivery;
using RigKafka.Messages;
using RigKafka.Presence;
using RigKafka.Sessions;

namespace RigKafka.Channels;

/// <summary>What every client of the channel protocol needs.</summary>
internal sealed record ChannelServices(TokenGate Tokens, Membership Membership, ChannelOptions Options, TimeProvider Time);

/// <summary>One client that speaks the channel protocol: answers its frames and keeps which channels it has joined.</summary>
/// <remarks>Frames of one client are handled one after the other.</remarks>
/// <param name="visitor">Whose connection it is.</param>
/// <param name="connection">The connection.</param>
/// <param name="format">How its messages look.</param>
/// <param name="channels">What is shared by all clients.</param>
internal sealed class ChannelSocket(Visitor visitor, Connection connection, ChannelFormat format, ChannelServices channels)
{
    private const string Empty = "{}";
    private const string Unmatched = """{"reason":"unmatched topic"}""";
    private const string TooMany = """{"reason":"too many channels"}""";
    private const string Behind = $$"""{"reason":"{{Resumption.Behind}}"}""";
    private const string NoToken = """{"reason":"no_token"}""";

    /// <summary>What the end of a channel says that a renewed token does not allow.</summary>
    private static readonly string Denied = $$"""{"reason":"{{CloseReason.JoinDenied.Name}}"}""";

    /// <summary>The reference of the join as JSON, by topic.</summary>
    private readonly Dictionary<string, string?> _joined = [];

    private readonly ChannelCodec _codec = format.Codec;
    private Visitor _visitor = visitor;

    /// <summary>Answers a frame. The next one has to wait until this one is done.</summary>
    public async ValueTask Handle(ClientFrame frame)
    {
        switch (frame)
        {
            case { Topic: ClientFrame.SocketTopic, Event: ClientFrame.Heartbeat }:
                Send(_codec.Reply(null, frame.Ref, frame.Topic, true, Empty));
                break;
            case { Event: ClientFrame.Join }:
                await Join(frame);
                break;
            case { Event: ClientFrame.Leave } when _joined.Remove(frame.Topic, out var joinRef):
                Leave(frame, joinRef);
                break;
            case { Event: ClientFrame.AccessToken } when frame.Topic == ClientFrame.SocketTopic || _joined.ContainsKey(frame.Topic):
                await Renew(frame);
                break;
            case var _ when _joined.ContainsKey(frame.Topic):
                // As in the original, what clients say on a channel goes nowhere.
                break;
            default:
                Refuse(null, frame, Unmatched);
                break;
        }
    }

    private async ValueTask Join(ClientFrame frame)
    {
        var decision = channels.Membership.Decide(_visitor.Identity, frame.Topic);
        if (!decision.Allowed)
        {
            Refuse(decision.Response == Unmatched ? null : frame.Ref, frame, decision.Response);
            return;
        }

        var isRejoin = _joined.TryGetValue(frame.Topic, out var earlier);
        if (!isRejoin && _joined.Count >= channels.Options.MaxJoins)
        {
            Refuse(frame.Ref, frame, TooMany);
            return;
        }

        var id = frame.Text(ClientFrame.Since);
        var since = Since.Of(id);
        if (!await channels.Membership.HasReached(since, [frame.Topic]))
        {
            Refuse(frame.Ref, frame, Behind);
            // After an error alone, clients 1.2 and 1.3 do not try again.
            Send(_codec.Failed(frame.Ref, frame.Topic));
            return;
        }

        _joined[frame.Topic] = frame.Ref;
        channels.Membership.Join(connection, _visitor, frame.Topic, id is null ? format : format.WithIds, since, (state, from) =>
        [
            .. format.Wrap(_codec.Reply(frame.Ref, frame.Ref, frame.Topic, true, from is null ? decision.Response : Position(from, id!))),
            // The client tells the end of its earlier channel from the new one by the reference.
            .. isRejoin ? format.Wrap(_codec.Closed(earlier, frame.Topic)) : [],
            .. state is null ? [] : format.Wrap(_codec.Event(frame.Topic, PresencePayload.StateEvent, state)),
        ]);
    }

    private void Leave(ClientFrame frame, string? joinRef)
    {
        var reply = format.Wrap(_codec.Reply(joinRef, frame.Ref, frame.Topic, true, Empty));
        channels.Membership.Leave(connection, frame.Topic, [.. reply, .. format.Wrap(_codec.Closed(joinRef, frame.Topic))]);
    }

    private async ValueTask Renew(ClientFrame frame)
    {
        var joinRef = _joined.GetValueOrDefault(frame.Topic);
        if (frame.Text(ClientFrame.AccessToken) is not { } token)
        {
            Refuse(joinRef, frame, NoToken);
            return;
        }

        var verdict = await channels.Tokens.Renew(connection, _visitor.Identity, token);
        if (!verdict.Accepted)
        {
            Refuse(joinRef, frame, $$"""{"reason":"{{verdict.Refusal.Value.Word()}}"}""");
            return;
        }

        // First, since it may be this topic's channel that ends.
        Send(_codec.Reply(joinRef, frame.Ref, frame.Topic, true, Empty));
        Become(verdict.Identity);
    }

    /// <summary>From here on it is this identity that joins topics and that others see. What is not open to it ends.</summary>
    private void Become(Identity identity)
    {
        _visitor = _visitor with { Identity = identity };
        foreach (var (topic, joinRef) in _joined.Where(joined => !channels.Membership.Decide(identity, joined.Key).Allowed).ToArray())
        {
            _joined.Remove(topic);
            channels.Membership.Leave(connection, topic, format.Wrap(_codec.Closed(joinRef, topic, Denied)));
        }

        channels.Membership.Renew(connection, _visitor, _joined.Keys);
    }

    private void Refuse(string? joinRef, ClientFrame frame, string response) =>
        Send(_codec.Reply(joinRef, frame.Ref, frame.Topic, false, response));

    /// <summary>A client that named an id that the node cannot read keeps it until the gap has told it another.</summary>
    private static string Position(byte[] id, string named) =>
        $$"""{"id":{{(id.Length > 0 ? $"\"{Encoding.ASCII.GetString(id)}\"" : RelaxedJson.Quote(named))}}}""";

    private void Send(byte[] message) => connection.Send(format.Wrap(message));
}
