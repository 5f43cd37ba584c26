namespace RigKafka.Connections;

/// <summary>
/// What comes to a client that goes on from an id while the messages that it missed are fetched: it waits here, in order, as references to
/// shared frames. For the connection's delivery loop alone.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="topic">The topic; empty where the whole connection waits.</param>
internal sealed class Hold(Connection connection, string topic)
{
    /// <summary>The reason of a gap: there is more to give to the client than may wait for it.</summary>
    public const string TooMuch = "too_much";

    private readonly List<Channel> _channels = [];
    private readonly List<byte[]> _frames = [];
    private Event? _last;
    private int _bytes;
    private bool _isOver;

    public Connection Connection => connection;

    public string Topic => topic;

    /// <summary>Whether the client still listens to what it waited for.</summary>
    public bool IsWanted => !connection.IsEnded && _channels.Exists(channel => channel.IsLinked);

    /// <summary>A channel that waits.</summary>
    public void Add(Channel channel) => _channels.Add(channel);

    /// <summary>Puts an event aside.</summary>
    /// <param name="pushed">The event.</param>
    /// <param name="format">How it looks.</param>
    /// <param name="mostBytes">How many bytes may wait; beyond, nothing does, and the client is told of a gap.</param>
    public void Take(Event pushed, WireFormat format, int mostBytes)
    {
        _last = pushed.Id.IsEmpty ? _last : pushed;
        if (_isOver)
        {
            return;
        }

        var frame = pushed.Frame(format);
        _bytes += Outbox.CostOf(frame);
        if (_bytes > mostBytes)
        {
            _isOver = true;
            _frames.Clear();
            return;
        }

        _frames.Add(frame);
    }

    /// <summary>Ends the waiting: the frames that the client gets now, in order.</summary>
    /// <param name="missed">What it missed, or what tells it that it may have missed something.</param>
    /// <param name="mostBytes">How many bytes all of this may be; beyond, it is a gap instead, and the client goes on from now.</param>
    public IEnumerable<byte[]> Release(Missed missed, int mostBytes)
    {
        _channels.ForEach(channel => channel.Hold = null);
        return !_isOver && _bytes + Outbox.CostOf(missed.Frames) <= mostBytes
            ? _frames.Prepend(missed.Frames)
            : [_channels[0].Format.Encode(Event.Gap(topic, TooMuch, _last is null ? missed.Id : [.. _last.Id]))];
    }
}

/// <summary>What a client gets before what was held.</summary>
/// <param name="Frames">In one piece.</param>
/// <param name="Id">The position at which the held events begin, as text.</param>
internal sealed record Missed(byte[] Frames, byte[] Id);
