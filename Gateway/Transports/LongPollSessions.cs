using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using RigKafka.Channels;
using RigKafka.Connections;

namespace RigKafka.Transports;

/// <summary>The poll sessions of this node. One that is not polled for long is closed.</summary>
internal sealed class LongPollSessions(LongPollOptions options, TimeProvider time) : BackgroundService
{
    /// <summary>What a session's token begins with, so that it is never taken for a JWT, nor a JWT for it.</summary>
    public const string TokenPrefix = "poll.";

    private const int TokenBytes = 32;

    private readonly ConcurrentDictionary<string, LongPollSession> _sessions = [];

    /// <summary>Keeps a session until its connection is closed.</summary>
    public LongPollSession Open(Connection connection, LongPollWire wire, ChannelSocket channels, ClientPace pace)
    {
        var token = TokenPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        var session = new LongPollSession(token, connection, wire, channels, pace);
        Touch(session);
        _sessions.TryAdd(token, session);
        connection.Closed.ContinueWith((_, token) => _sessions.TryRemove((string)token!, out var _), token, TaskScheduler.Default);
        return session;
    }

    public LongPollSession? Find(string token) => _sessions.TryGetValue(token, out var session) ? session : null;

    /// <summary>Waits for frames; none when there are none in time.</summary>
    public async Task<byte[]> Poll(LongPollSession session, CancellationToken cancellation)
    {
        Touch(session);
        var frames = await session.Wire.Poll(TimeSpan.FromMilliseconds(options.WindowMs), time, cancellation);
        Touch(session);
        return frames;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var idle = TimeSpan.FromMilliseconds(options.IdleTimeoutMs);
        using var timer = new PeriodicTimer(idle / 4, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var session in _sessions.Values)
            {
                if (time.GetElapsedTime(session.Polled) > idle)
                {
                    session.Connection.Close(CloseReason.NotPolled);
                }
            }
        }
    }

    private void Touch(LongPollSession session) => session.Polled = time.GetTimestamp();
}
