using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>
/// A client with a channel for each of some users on one socket. Each goes on from an id of its own; it leaves and joins them, and others
/// without ids, on the same connection.
/// </summary>
internal sealed class ComingSocket : ComingClient
{
    private readonly Dictionary<string, ComingChannel> _channels;
    private readonly string[] _others;
    private readonly HashSet<string> _otherJoined = [];
    private readonly byte[] _buffer = new byte[64 * 1024];
    private WebSocket _socket = null!;
    private int _reference;

    /// <param name="name">Its name.</param>
    /// <param name="users">The users of its channels.</param>
    /// <param name="others">Those of its channels without ids.</param>
    /// <param name="random">What it does.</param>
    public ComingSocket(string name, IReadOnlyList<string> users, IReadOnlyList<string> others, Random random)
        : base(random)
    {
        _channels = users.ToDictionary(user => $"user:{user}", user => new ComingChannel(new ComingView($"{name}/{user}", [user])));
        _others = [.. others.Select(user => $"user:{user}")];
    }

    public override IReadOnlyList<ComingView> Views => [.. _channels.Values.Select(channel => channel.View)];

    protected override async Task Visit(Uri node, Func<bool> isEnough, CancellationToken cancellation)
    {
        using var socket = new ClientWebSocket();
        _socket = socket;
        socket.Options.Proxy = null;
        _otherJoined.Clear();
        try
        {
            var token = Token.Of("someone", "support");
            await socket.ConnectAsync(new Uri($"ws://{node.Authority}/socket/websocket?vsn=2.0.0&token={token}"), cancellation);
            foreach (var topic in _channels.Keys)
            {
                await Join(topic, cancellation);
            }

            var isOver = false;
            while (!isOver && await Receive(cancellation) is { } frame)
            {
                using (frame)
                {
                    isOver = await Hear(frame.RootElement, cancellation) && isEnough();
                }

                if (IsRestless && Random.Next(10) == 0)
                {
                    await Change(cancellation);
                }
            }
        }
        catch (Exception failure) when (failure is WebSocketException or HttpRequestException or IOException or OperationCanceledException)
        {
            // It goes, or its node did.
        }
    }

    private Task Join(string topic, CancellationToken cancellation)
    {
        var channel = _channels[topic];
        channel.Asked = $"{++_reference}";
        channel.IsJoined = false;
        return Say(channel.Asked, topic, "phx_join", $$"""{"since":"{{channel.View.Id}}"}""", cancellation);
    }

    /// <summary>Leaves a channel and joins it again, joins it without having left it, or joins or leaves another one.</summary>
    private async Task Change(CancellationToken cancellation)
    {
        var (topic, channel) = _channels.ElementAt(Random.Next(_channels.Count));
        var what = Random.Next(3);
        if (what == 2)
        {
            var other = _others[Random.Next(_others.Length)];
            var isJoin = !_otherJoined.Remove(other) && _otherJoined.Add(other);
            await Say($"{++_reference}", other, isJoin ? "phx_join" : "phx_leave", "{}", cancellation);
        }
        else if (channel.IsJoined)
        {
            channel.View.Choose(Random);
            if (what == 1)
            {
                await Say($"{++_reference}", topic, "phx_leave", "{}", cancellation);
            }

            await Join(topic, cancellation);
        }
    }

    /// <summary>Takes a frame. Returns whether it was an event that a channel with ids was given.</summary>
    private async Task<bool> Hear(JsonElement frame, CancellationToken cancellation)
    {
        if (!_channels.TryGetValue(frame[2].GetString()!, out var channel))
        {
            return false;
        }

        var (reference, name, payload) = (frame[1].GetString(), frame[3].GetString()!, frame[4]);
        if (name == "phx_reply" && reference == channel.Asked)
        {
            var response = payload.GetProperty("response");
            if (payload.GetProperty("status").GetString() == "ok")
            {
                channel.IsJoined = true;
                channel.View.Begin();
                channel.View.Hear(new SseEvent(response.GetProperty("id").GetString(), name, null));
                return true;
            }

            Refusals++;
            await Task.Delay(Random.Next(100), cancellation);
            await Join(frame[2].GetString()!, cancellation);
        }

        // Before the reply to a join, what comes is of the channel as it was joined before.
        if (!channel.IsJoined || name is not ("message" or "gap" or "position"))
        {
            return false;
        }

        channel.View.Hear(new SseEvent(reference, name, payload.GetRawText()));
        return true;
    }

    private Task Say(string reference, string topic, string name, string payload, CancellationToken cancellation) => _socket.SendAsync(
        Encoding.UTF8.GetBytes($$"""["{{reference}}","{{reference}}","{{topic}}","{{name}}",{{payload}}]"""),
        WebSocketMessageType.Text, endOfMessage: true, cancellation);

    /// <summary>The next frame; null when the connection ends. No frame of these is larger than the buffer.</summary>
    private async Task<JsonDocument?> Receive(CancellationToken cancellation)
    {
        var length = 0;
        while (true)
        {
            var received = await _socket.ReceiveAsync(_buffer.AsMemory(length), cancellation);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            length += received.Count;
            if (received.EndOfMessage)
            {
                return JsonDocument.Parse(_buffer.AsMemory(0, length));
            }
        }
    }

    /// <summary>One channel, and what it was last asked to do.</summary>
    private sealed record ComingChannel(ComingView View)
    {
        /// <summary>The reference of its last join.</summary>
        public string? Asked { get; set; }

        public bool IsJoined { get; set; }
    }
}
