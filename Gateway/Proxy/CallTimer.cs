namespace RigKafka.Proxy;

/// <summary>
/// The one deadline of a call, which moves: none while the request is on its way, the response timeout from its last byte to the answer's first,
/// none again while the answer comes, however quiet. The expiry of the call's token counts throughout.
/// </summary>
internal sealed class CallTimer(TimeSpan responseTimeout, DateTimeOffset? expires, TimeProvider time) : IDisposable
{
    /// <summary>The longest that a timer takes; a token that lives longer is not waited for.</summary>
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

        // Whoever waits for it goes on elsewhere: this may be a thread that holds the blacklist.
        _ = _source.CancelAsync();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
        }

        // Not the source: it holds nothing, and may be cancelled a moment too late.
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
