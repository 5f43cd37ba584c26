namespace RigKafka.Auth;

/// <summary>
/// The keys at <c>JWT_JWKS_URL</c>: retrieved at start and from time to time, and kept while nobody answers. A token whose key is unknown
/// waits for one more retrieval, which all tokens share that wait at the time.
/// </summary>
internal sealed partial class RemoteKeys(AuthOptions options, TimeProvider time, ILogger<RemoteKeys> logger) : IHostedService, IDisposable
{
    /// <summary>From the start of one retrieval to the start of the next, at least.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>How long a token waits for its key.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long a key that was taken back may still be used.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(15);

    private const int MostBytes = 1 << 20;

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(4), MaxResponseContentBufferSize = MostBytes };
    private readonly Lock _gate = new();

    /// <summary>The retrieval that was asked for last, and the same while it has not started yet.</summary>
    private volatile Task _last = Task.CompletedTask;
    private Task? _next;
    private long? _started;

    private volatile KeySet? _keys;
    private long _retrieved;
    private bool _isFailing;

    /// <summary>Starts to ask for the keys. A node whose issuer is down starts all the same.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.JwksUrl.Length > 0)
        {
            _ = Refresh();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _http.Dispose();

    public async ValueTask<KeysFound> Find(string algorithm, string? id)
    {
        if (_keys is { } present)
        {
            // One that is under way will do.
            if (time.GetElapsedTime(Volatile.Read(ref _retrieved)) > Interval && _last.IsCompleted)
            {
                _ = Refresh();
            }

            if (present.Find(algorithm, id) is { Count: > 0 } known)
            {
                return KeysFound.Of(known);
            }
        }

        try
        {
            await Refresh().WaitAsync(AnswerTimeout);
        }
        catch (TimeoutException)
        {
            // What is known now has to do.
        }

        return _keys switch
        {
            null => KeysFound.None(TokenRefusal.KeysUnavailable),
            var keys when keys.Find(algorithm, id) is { Count: > 0 } found => KeysFound.Of(found),
            _ => KeysFound.None(TokenRefusal.UnknownKey),
        };
    }

    /// <summary>Asks for the keys beside all that; returns those that can be used, or why there are none.</summary>
    public async Task<(int Keys, string? Trouble)> Ask(CancellationToken cancellation)
    {
        try
        {
            return ((await Retrieve(cancellation)).Count, null);
        }
        catch (Exception exception)
        {
            return (0, Reason(exception));
        }
    }

    private async Task<KeySet> Retrieve(CancellationToken cancellation = default) =>
        KeySet.Parse(await _http.GetStringAsync(new Uri(options.JwksUrl), cancellation));

    /// <summary>The next retrieval that has not started yet, so that its answer is not older than the question.</summary>
    private Task Refresh()
    {
        lock (_gate)
        {
            if (_next is null)
            {
                var last = _last;
                _next = _last = Task.Run(() => RetrieveAfter(last));
            }

            return _next;
        }
    }

    private async Task RetrieveAfter(Task last)
    {
        await last;
        if (_started is { } started && Pause - time.GetElapsedTime(started) is { Ticks: > 0 } early)
        {
            await Task.Delay(early, time);
        }

        lock (_gate)
        {
            _next = null;
            _started = time.GetTimestamp();
        }

        try
        {
            Keep(await Retrieve());
        }
        catch (Exception exception)
        {
            if (!_isFailing)
            {
                LogFailed(Reason(exception));
            }

            _isFailing = true;
        }
    }

    private void Keep(KeySet keys)
    {
        if (_isFailing || (_keys?.Count, _keys?.Skipped) != (keys.Count, keys.Skipped))
        {
            LogRetrieved(keys.Count, keys.Skipped);
        }

        _isFailing = false;
        Volatile.Write(ref _retrieved, time.GetTimestamp());
        _keys = keys;
    }

    /// <summary>Nothing of what was answered: it is not for the log.</summary>
    private static string Reason(Exception exception) => exception switch
    {
        HttpRequestException { StatusCode: { } status } => $"it was answered with {(int)status}",
        HttpRequestException failure => $"{failure.HttpRequestError}: {failure.GetBaseException().Message}",
        OperationCanceledException => "it took too long",
        FormatException failure => failure.Message,
        _ => exception.GetType().Name,
    };

    [LoggerMessage(1203, LogLevel.Information,
        "JWT_JWKS_URL: {Keys} keys are used, {Skipped} that cannot be are skipped.",
        EventName = "KeysRetrieved")]
    private partial void LogRetrieved(int keys, int skipped);

    [LoggerMessage(1204, LogLevel.Warning,
        "JWT_JWKS_URL gives no keys: {Reason}. Those that are known are kept, and it is asked again.",
        EventName = "KeysNotRetrieved")]
    private partial void LogFailed(string reason);
}
