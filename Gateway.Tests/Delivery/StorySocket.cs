using System.Text;
using System.Text.Json;
using RigKafka.Channels;
using RigKafka.Connections;

namespace RigKafka.Tests.Delivery;

/// <summary>
/// A client with several channels on one socket. Each goes on from an id of its own; others are joined and left meanwhile, some of them
/// without ids. Its user may lose the role that lets it join other topics than its own, and get it back.
/// </summary>
internal class StorySocket : StoryClient
{
    private readonly Dictionary<string, StoryChannel> _channels;
    private readonly string[] _others;
    private readonly ChannelCodec _codec;
    private readonly Dictionary<string, string> _asked = [];
    private readonly HashSet<string> _otherJoined = [];
    private readonly List<byte> _line = [];
    private ChannelSocket? _socket;
    private Task _saying = Task.CompletedTask;
    private bool _hasRole = true;
    private int _reference;

    /// <param name="name">Its name.</param>
    /// <param name="user">Its user.</param>
    /// <param name="views">Its channels with ids, by topic.</param>
    /// <param name="others">The topics of those without.</param>
    /// <param name="vsn">Which version of the protocol it speaks.</param>
    public StorySocket(string name, string user, IReadOnlyDictionary<string, ResumeView> views, string[] others, int vsn)
        : base(name, user)
    {
        _channels = views.ToDictionary(view => view.Key, view => new StoryChannel(view.Value));
        _others = others;
        _codec = vsn == 1 ? ChannelCodec.V1 : ChannelCodec.V2;
    }

    public override bool IsBusy => !_saying.IsCompleted;

    public override bool IsWhole => IsThere && _channels.Values.All(channel => channel.State == StoryChannelState.Joined);

    public override IEnumerable<ResumeView> Views => _channels.Values.Select(channel => channel.View);

    public override void Mend()
    {
        Renew(hasRole: true);
        foreach (var (topic, _) in _channels.Where(channel => channel.Value.State is StoryChannelState.Left or StoryChannelState.Refused))
        {
            Join(topic);
        }
    }

    public override void Change(Random random)
    {
        Look();
        var topic = _channels.Keys.ElementAt(random.Next(_channels.Count));
        var channel = _channels[topic];
        switch (random.Next(6))
        {
            case 0 when channel.State == StoryChannelState.Joined:
                Say(topic, "phx_leave", "{}");
                channel.Id = Some(random, channel.View, channel.Id);
                break;
            case 1 when channel.State == StoryChannelState.Joined:
                channel.Id = Some(random, channel.View, channel.Id);
                Join(topic);
                break;
            case 0 or 1 or 2 when channel.State is StoryChannelState.Left or StoryChannelState.Refused:
                Join(topic);
                break;
            case 3:
                Renew(hasRole: !_hasRole || random.Next(2) == 0);
                break;
            default:
                var other = _others[random.Next(_others.Length)];
                Say(other, _otherJoined.Add(other) ? "phx_join" : _otherJoined.Remove(other) ? "phx_leave" : "", "{}");
                break;
        }
    }

    protected override void Open(StoryNode node, StoryWire wire)
    {
        var visitor = StoryNode.Visitor(User, _hasRole);
        (Connection, var format) = Connect(node, wire, _codec, visitor.Identity.ToHolder());
        Connection.Start();
        _socket = node.Speak(visitor, Connection, format);
        _line.Clear();
        _asked.Clear();
        _otherJoined.Clear();
        _saying = Task.CompletedTask;
        foreach (var (topic, channel) in _channels)
        {
            channel.State = StoryChannelState.Left;
            Join(topic);
        }
    }

    protected virtual (Connection, ChannelFormat) Connect(StoryNode node, StoryWire wire, ChannelCodec codec, Holder holder)
    {
        var format = ChannelLines.Of(codec);
        return (node.Registry.Add(wire, format, "ws", holder), format);
    }

    protected override void Choose(Random random)
    {
        foreach (var channel in _channels.Values)
        {
            // One that was joining goes on from where it wanted to.
            channel.Id = channel.State == StoryChannelState.Joined ? Some(random, channel.View, channel.Id) : channel.Id;
            (channel.State, channel.IsOpen) = (StoryChannelState.Left, false);
        }

        _hasRole |= random.Next(4) > 0;
    }

    protected override void Take(byte[] bytes)
    {
        foreach (var one in bytes)
        {
            if (one == '\n')
            {
                using var frame = JsonDocument.Parse(_line.ToArray());
                Hear(frame.RootElement);
                _line.Clear();
            }
            else
            {
                _line.Add(one);
            }
        }
    }

    private void Join(string topic)
    {
        var channel = _channels[topic];
        channel.State = StoryChannelState.Joining;
        Say(topic, "phx_join", $$"""{"since":"{{channel.Id}}"}""");
    }

    /// <summary>Shows another token: what is not open to it ends.</summary>
    private void Renew(bool hasRole)
    {
        if (hasRole != _hasRole)
        {
            Say(ClientFrame.SocketTopic, ClientFrame.AccessToken, $$"""{"access_token":"{{StoryNode.Token(User, hasRole)}}"}""");
            _hasRole = hasRole;
        }
    }

    private void Say(string topic, string name, string payload)
    {
        var (socket, reference) = (_socket!, $"{++_reference}");
        _asked[reference] = name;
        var text = _codec == ChannelCodec.V1
            ? $$"""{"topic":"{{topic}}","event":"{{name}}","payload":{{payload}},"ref":"{{reference}}"}"""
            : $$"""["{{reference}}","{{reference}}","{{topic}}","{{name}}",{{payload}}]""";
        var before = _saying;
        _saying = SayAfter();

        async Task SayAfter()
        {
            await before;
            await socket.Handle(_codec.Parse(Encoding.UTF8.GetBytes(text))!);
        }
    }

    private void Hear(JsonElement frame)
    {
        var isArray = frame.ValueKind == JsonValueKind.Array;
        var reference = (isArray ? frame[1] : frame.GetProperty("ref")).GetString();
        var topic = (isArray ? frame[2] : frame.GetProperty("topic")).GetString()!;
        var name = (isArray ? frame[3] : frame.GetProperty("event")).GetString()!;
        var payload = isArray ? frame[4] : frame.GetProperty("payload");
        if (!_channels.TryGetValue(topic, out var channel))
        {
            if (name is "message" or "gap" or "position" && reference is not null)
            {
                Fault(ResumeFaultKind.OfOthers, $"an id on a channel without: {frame}");
            }

            return;
        }

        if (name == "phx_reply")
        {
            HearReply(channel, _asked[reference!], payload);
        }
        else if (name == "phx_close" && payload.TryGetProperty("reason", out _))
        {
            (channel.State, channel.IsOpen) = (channel.State == StoryChannelState.Joining ? channel.State : StoryChannelState.Left, false);
            channel.Id = channel.View.Ids.Count > 0 ? channel.View.Ids[^1] : channel.Id;
        }
        else if (name is "message" or "gap" or "position")
        {
            HearEvent(channel, name, reference!, payload);
        }
    }

    private void HearEvent(StoryChannel channel, string name, string id, JsonElement payload)
    {
        if (!channel.IsOpen)
        {
            Fault(ResumeFaultKind.OfOthers, $"{name} {id} on a channel that was left: {payload}");
        }
        else if (channel.State == StoryChannelState.Joined)
        {
            channel.Hear(name, id, payload);
        }
    }

    private void HearReply(StoryChannel channel, string asked, JsonElement payload)
    {
        var isOk = payload.GetProperty("status").GetString() == "ok";
        if (asked != "phx_join")
        {
            // What refuses to leave a channel that has ended comes in no order towards events: its end follows.
            if (!isOk)
            {
                return;
            }

            channel.State = channel.State == StoryChannelState.Joining ? channel.State : StoryChannelState.Left;
            channel.IsOpen = false;
            return;
        }

        if (!isOk)
        {
            channel.State = StoryChannelState.Refused;
            return;
        }

        (channel.State, channel.IsOpen) = (StoryChannelState.Joined, true);
        channel.View.ComeBack(channel.Id);
        channel.View.Reply(payload.GetProperty("response").GetProperty("id").GetString());
        Node!.Note(User, channel.View);
    }
}
