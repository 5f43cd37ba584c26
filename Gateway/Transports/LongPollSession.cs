using RigKafka.Channels;
using RigKafka.Connections;

namespace RigKafka.Transports;

/// <summary>A client that polls, from one poll to the next.</summary>
/// <param name="token">What the client shows to go on: only it and this node know it.</param>
/// <param name="connection">The connection.</param>
/// <param name="wire">Its wire.</param>
/// <param name="channels">What it has joined.</param>
/// <param name="rate">How fast it may send.</param>
internal sealed class LongPollSession(string token, Connection connection, LongPollWire wire, ChannelSocket channels, TokenBucket rate)
{
    private TokenBucket _rate = rate;

    public string Token => token;

    public Connection Connection => connection;

    public LongPollWire Wire => wire;

    /// <summary>Held while frames of this client are handled: one after the other.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    /// <summary>When it last polled, as a time stamp.</summary>
    public long Polled { get; set; }

    /// <summary>Handles a frame of the client. False when it says more than it may.</summary>
    public async ValueTask<bool> Handle(ClientFrame frame)
    {
        if (!_rate.Take())
        {
            return false;
        }

        await channels.Handle(frame);
        return true;
    }
}
