using System.Collections.Concurrent;
using RigKafka.Auth;
using RigKafka.Delivery;
using RigKafka.Sessions;

namespace RigKafka.Proxy;

/// <summary>
/// The forwarded calls that have not ended. A call ends when its token is blacklisted. A node that stops waits for its calls for the time
/// that is set, and then ends the others, before the host would.
/// </summary>
internal sealed partial class OpenCalls : IDisposable
{
    private readonly ConcurrentDictionary<CallTimer, Identity?> _calls = new();
    private readonly Blacklist _blacklist;
    private readonly TimeProvider _time;
    private readonly ILogger<OpenCalls> _logger;
    private readonly ITimer _lastWait;
    private volatile bool _isOver;

    public OpenCalls(
        Blacklist blacklist, ShutdownOptions shutdown, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<OpenCalls> logger)
    {
        (_blacklist, _time, _logger) = (blacklist, time, logger);
        _lastWait = time.CreateTimer(_ => EndAll(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        blacklist.Added += EndDenied;
        var wait = TimeSpan.FromMilliseconds(shutdown.ShutdownTimeoutMs);
        lifetime.ApplicationStopping.Register(() => _lastWait.Change(wait, Timeout.InfiniteTimeSpan));
    }

    public int Count => _calls.Count;

    /// <summary>Starts the timer of a call, which is to be given back to <see cref="End"/>.</summary>
    public CallTimer Begin(Call call, TimeSpan responseTimeout)
    {
        var timer = new CallTimer(responseTimeout, call.Expires, _time);
        _calls.TryAdd(timer, call.Identity);
        if (_isOver)
        {
            timer.Stop(CallEnd.Stopping);
        }
        else if (call.Identity is { } identity && _blacklist.Refuses(identity))
        {
            // It may have been blacklisted after the token was checked, and before the call could be found here.
            timer.Stop(CallEnd.SessionEnded);
        }

        timer.Start();
        return timer;
    }

    public void End(CallTimer timer)
    {
        _calls.TryRemove(timer, out _);
        timer.Dispose();
    }

    public void Dispose() => _lastWait.Dispose();

    /// <summary>Looks at all calls: entries on the blacklist are rare compared with calls.</summary>
    private void EndDenied()
    {
        foreach (var (call, identity) in _calls)
        {
            if (identity is not null && _blacklist.Refuses(identity))
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

    [LoggerMessage(1706, LogLevel.Warning,
        "Stopping: {Calls} proxied calls did not end within SHUTDOWN_TIMEOUT_MS and are broken off.",
        EventName = "CallsBrokenOff")]
    private partial void LogBrokenOff(int calls);
}
