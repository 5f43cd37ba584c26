namespace RigKafka.Proxy;

/// <summary>
/// The one deadline of a call, which moves: none while the request is sent, the response timeout from its last byte to the first byte of
/// the answer, and none again while the answer comes, however quiet it is. The token of the call may expire at any time.
/// </summary>
internal sealed class CallTimer(TimeSpan responseTimeout, DateTimeOffset? expires, TimeProvider time) : IDisposable
{
    /// <summary>A timer cannot wait longer; the expiry of a token that lives longer is ignored.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(40);

    private readonly CancellationTokenSource _source = new();
    private readonly Lock _lock = new();
    private ITimer? _timer;
    private CallEnd _next;
    private volatile bool _isAnswered;
    private bool _isOver;

    public CancellationToken Token => _source.Token;

    /// <summary>Whether the service has begun to answer.</summary>
    public bool IsAnswered => _isAnswered;

    /// <summary>Why the token was cancelled.</summary>
    public CallEnd End { get; private set; }

    public void Start() => Move(Timeout.InfiniteTimeSpan);

    public void RequestSent() => Move(responseTimeout);

    public void AnswerBegan() => Move(Timeout.InfiniteTimeSpan, isAnswer: true);

    public void Stop(CallEnd why)
    {
        lock (_lock)
        {
            if (_isOver || End != CallEnd.None)
            {
                return;
            }

            End = why;
        }

        // Those who wait for it go on in other threads: this one may hold the blacklist.
        _ = _source.CancelAsync();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
        }

        // The source is not disposed of: it holds nothing, and another thread may still cancel it.
        _timer?.Dispose();
    }

    private void Move(TimeSpan due, bool isAnswer = false)
    {
        lock (_lock)
        {
            if (_isOver || _isAnswered)
            {
                return;
            }

            _isAnswered = isAnswer;
            _next = CallEnd.TooSlow;
            if (expires - time.GetUtcNow() is { } left && left < Longest && (due == Timeout.InfiniteTimeSpan || left < due))
            {
                (due, _next) = (left > TimeSpan.Zero ? left : TimeSpan.Zero, CallEnd.TokenExpired);
            }

            if (_timer is not null)
            {
                _timer.Change(due, Timeout.InfiniteTimeSpan);
            }
            else if (due != Timeout.InfiniteTimeSpan)
            {
                _timer = time.CreateTimer(static timer => ((CallTimer)timer!).Elapsed(), this, due, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Elapsed() => Stop(_next);
}

/// <summary>Why the gateway itself ended a call.</summary>
internal enum CallEnd
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>The service did not answer in time.</summary>
    TooSlow,

    /// <summary>The token of the call expired.</summary>
    TokenExpired,

    /// <summary>The session of the call's token was ended.</summary>
    SessionEnded,

    /// <summary>The node stops, and the call did not end within the time for that.</summary>
    Stopping,
}
