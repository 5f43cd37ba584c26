using RigKafka.Channels;
using RigKafka.Connections;

namespace RigKafka.Transports;

/// <summary>A client that polls, from one poll to the next.</summary>
/// <param name="token">What the client shows to go on: only it and this node know it.</param>
/// <param name="connection">The connection.</param>
/// <param name="wire">Its wire.</param>
/// <param name="channels">What it has joined.</param>
/// <param name="pace">How much it may send.</param>
internal sealed class LongPollSession(string token, Connection connection, LongPollWire wire, ChannelSocket channels, ClientPace pace)
{
    /// <summary>Held while frames of this client are handled: one after the other.</summary>
    private SemaphoreSlim Turn { get; } = new(1);

    public string Token => token;

    public Connection Connection => connection;

    public LongPollWire Wire => wire;

    /// <summary>When it last polled, as a time stamp.</summary>
    public long Polled { get; set; }

    /// <summary>
    /// Handles what the client posts. Says what is wrong with it; null for nothing. Newer clients send several frames, one a line; older
    /// ones send one.
    /// </summary>
    public async Task<CloseReason?> Handle(ChannelCodec codec, byte[] body, CancellationToken cancellation)
    {
        await Turn.WaitAsync(cancellation);
        try
        {
            foreach (var line in Lines(body))
            {
                if (codec.Parse(line) is not { } frame)
                {
                    return CloseReason.BadFrame;
                }

                if (!pace.AllowsMessage())
                {
                    return CloseReason.TooFast;
                }

                await channels.Handle(frame);
            }

            return null;
        }
        finally
        {
            Turn.Release();
        }
    }

    private static List<ReadOnlyMemory<byte>> Lines(byte[] body)
    {
        var lines = new List<ReadOnlyMemory<byte>>();
        foreach (var range in body.AsSpan().Split((byte)'\n'))
        {
            if (!body.AsSpan(range).Trim(" \r\t"u8).IsEmpty)
            {
                lines.Add(body.AsMemory(range));
            }
        }

        return lines;
    }
}
