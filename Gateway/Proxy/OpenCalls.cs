using System.Collections.Concurrent;
using RigKafka.Auth;
using RigKafka.Delivery;
using RigKafka.Sessions;

namespace RigKafka.Proxy;

/// <summary>
/// The calls under way, so that they end when their token is blacklisted. When the node stops, the server waits for them; those that are
/// not over when the node's time for that is end then, before the host loses its patience.
/// </summary>
internal sealed partial class OpenCalls : IDisposable
{
    private readonly ConcurrentDictionary<CallTimer, Identity?> _calls = new();
    private readonly Blacklist _blacklist;
    private readonly ILogger<OpenCalls> _logger;
    private readonly ITimer _patience;
    private volatile bool _isOver;

    public OpenCalls(Blacklist blacklist, ShutdownOptions shutdown, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<OpenCalls> logger)
    {
        (_blacklist, _logger) = (blacklist, logger);
        _patience = time.CreateTimer(_ => EndAll(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        blacklist.Denied += EndDenied;
        lifetime.ApplicationStopping.Register(() => _patience.Change(TimeSpan.FromMilliseconds(shutdown.ShutdownTimeoutMs), Timeout.InfiniteTimeSpan));
    }

    public int Count => _calls.Count;

    public void Add(CallTimer call, Identity? identity)
    {
        _calls.TryAdd(call, identity);
        if (_isOver)
        {
            call.Stop(CallEnd.Stopping);
        }
        else if (identity is not null && _blacklist.IsDenied(identity))
        {
            // Since the token was looked at; whoever was denied before the call was here did not end it.
            call.Stop(CallEnd.SessionEnded);
        }
    }

    public void Remove(CallTimer call) => _calls.TryRemove(call, out _);

    public void Dispose() => _patience.Dispose();

    /// <summary>Rare beside the calls, so that it may look at all of them.</summary>
    private void EndDenied()
    {
        foreach (var (call, identity) in _calls)
        {
            if (identity is not null && _blacklist.IsDenied(identity))
            {
                call.Stop(CallEnd.SessionEnded);
            }
        }
    }

    private void EndAll()
    {
        _isOver = true;
        var calls = _calls.Keys;
        if (calls.Count > 0)
        {
            LogBrokenOff(calls.Count);
        }

        foreach (var call in calls)
        {
            call.Stop(CallEnd.Stopping);
        }
    }

    [LoggerMessage(1706, LogLevel.Warning, "Stopping: {Calls} proxied calls did not end within SHUTDOWN_TIMEOUT_MS and are broken off.", EventName = "CallsBrokenOff")]
    private partial void LogBrokenOff(int calls);
}
