using System.Text;
using System.Text.Json;
using RigKafka.Channels;
using RigKafka.Connections;

namespace RigKafka.Tests.Delivery;

/// <summary>
/// A client with several channels on one socket. Each goes on from an id of its own; others are joined and left meanwhile, some of them
/// without ids.
/// </summary>
internal sealed class StorySocket : StoryClient
{
    private readonly Dictionary<string, StoryChannel> _channels;
    private readonly string[] _others;
    private readonly ChannelCodec _codec;
    private readonly Dictionary<string, string> _asked = [];
    private readonly HashSet<string> _otherJoined = [];
    private readonly List<byte> _line = [];
    private ChannelSocket? _socket;
    private Task _saying = Task.CompletedTask;
    private int _reference;

    /// <param name="name">Its name.</param>
    /// <param name="views">Its channels with ids, by topic.</param>
    /// <param name="others">The topics of those without.</param>
    /// <param name="vsn">Which version of the protocol it speaks.</param>
    public StorySocket(string name, IReadOnlyDictionary<string, ResumeView> views, string[] others, int vsn)
        : base(name)
    {
        _channels = views.ToDictionary(view => view.Key, view => new StoryChannel(view.Value));
        _others = others;
        _codec = vsn == 1 ? ChannelCodec.V1 : ChannelCodec.V2;
    }

    public override bool IsBusy => !_saying.IsCompleted;

    public override bool IsWhole => IsThere && _channels.Values.All(channel => channel.State == StoryChannelState.Joined);

    public override IEnumerable<ResumeView> Views => _channels.Values.Select(channel => channel.View);

    public override void Mend() => _channels.Where(channel => channel.Value.State is StoryChannelState.Left or StoryChannelState.Refused).ToList().ForEach(channel => Join(channel.Key));

    public override void Change(Random random)
    {
        Look();
        var topic = _channels.Keys.ElementAt(random.Next(_channels.Count));
        var channel = _channels[topic];
        switch (random.Next(5))
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
            default:
                var other = _others[random.Next(_others.Length)];
                Say(other, _otherJoined.Add(other) ? "phx_join" : _otherJoined.Remove(other) ? "phx_leave" : "", "{}");
                break;
        }
    }

    protected override void Open(StoryNode node, StoryWire wire)
    {
        var format = ChannelLines.Of(_codec);
        Connection = node.Registry.Add(wire, format, "ws");
        Connection.Start();
        _socket = node.Speak(Connection, format);
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

    protected override void Choose(Random random)
    {
        foreach (var channel in _channels.Values)
        {
            // One that was joining goes on from where it wanted to.
            channel.Id = channel.State == StoryChannelState.Joined ? Some(random, channel.View, channel.Id) : channel.Id;
            channel.State = StoryChannelState.Left;
        }
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
        else if (name is "message" or "gap" or "position" && channel.State is StoryChannelState.Left or StoryChannelState.Joined)
        {
            if (channel.State == StoryChannelState.Left)
            {
                Fault(ResumeFaultKind.OfOthers, $"on a channel that was left: {frame}");
                return;
            }

            channel.Hear(name, reference!, payload);
        }
    }

    private static void HearReply(StoryChannel channel, string asked, JsonElement payload)
    {
        if (asked != "phx_join")
        {
            channel.State = channel.State == StoryChannelState.Joining ? channel.State : StoryChannelState.Left;
            return;
        }

        if (payload.GetProperty("status").GetString() != "ok")
        {
            channel.State = StoryChannelState.Refused;
            return;
        }

        channel.State = StoryChannelState.Joined;
        channel.View.ComeBack(channel.Id);
        channel.View.Reply(payload.GetProperty("response").GetProperty("id").GetString());
    }
}

/// <summary>What a client thinks of one of its channels.</summary>
internal enum StoryChannelState
{
    Left,

    /// <summary>It may not join for now; if it was joined before, what comes is that of the old channel.</summary>
    Refused,
    Joining,
    Joined,
}

/// <summary>One channel of a client.</summary>
internal sealed record StoryChannel(ResumeView View)
{
    /// <summary>The id from which it goes on when it joins again.</summary>
    public string? Id { get; set; }

    public StoryChannelState State { get; set; }

    public void Hear(string name, string id, JsonElement payload)
    {
        switch (name)
        {
            case "message":
                View.Message(id, payload.GetProperty("n").GetInt64());
                break;
            case "gap":
                View.Gap(id, payload.GetProperty("reason").GetString()!);
                break;
            default:
                View.Passed(id);
                break;
        }
    }
}
