using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using RigKafka.Connections;

namespace RigKafka.Transports;

/// <summary>The poll sessions of this node. One that is not polled for long is closed.</summary>
internal sealed class LongPollSessions(LongPollOptions options, TimeProvider time) : BackgroundService
{
    /// <summary>What a session's token begins with, so that it is never taken for a JWT, nor a JWT for it.</summary>
    public const string TokenPrefix = "poll.";

    private const int TokenBytes = 32;

    private readonly ConcurrentDictionary<string, LongPollSession> _sessions = [];

    public static string NewToken() => TokenPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));

    public void Add(LongPollSession session)
    {
        Touch(session);
        _sessions.TryAdd(session.Token, session);
        session.Connection.Closed.ContinueWith((_, token) => _sessions.TryRemove((string)token!, out var _), session.Token, TaskScheduler.Default);
    }

    public LongPollSession? Find(string token) => _sessions.TryGetValue(token, out var session) ? session : null;

    public void Touch(LongPollSession session) => session.Polled = time.GetTimestamp();

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
}
