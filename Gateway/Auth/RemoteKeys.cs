using System.Diagnostics;
using Microsoft.IdentityModel.Protocols;

namespace RigKafka.Auth;

/// <summary>
/// The keys at <c>JWT_JWKS_URL</c>. The library's manager keeps them, asks again from time to time, and goes on with those it has while nobody answers.
/// A token whose key is unknown waits for one more retrieval, which all that wait at the time share.
/// </summary>
internal sealed partial class RemoteKeys : IConfigurationRetriever<KeySet>, IHostedService, IDisposable
{
    /// <summary>From one retrieval that a token asks for to the next, at least; longer than the manager's own limit, so that it never says no.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>How long a token waits for its key.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long a key that was taken back may still be used.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(15);

    private const int MostBytes = 1 << 20;

    private readonly ILogger<RemoteKeys> _logger;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(4), MaxResponseContentBufferSize = MostBytes };
    private readonly ConfigurationManager<KeySet>? _manager;
    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;
    private Task? _next;
    private long? _started;
    private volatile KeySet? _keys;
    private volatile TaskCompletionSource _retrieved = New();
    private bool _isFailing;

    public RemoteKeys(AuthOptions options, ILogger<RemoteKeys> logger)
    {
        _logger = logger;
        _manager = options.JwksUrl.Length == 0
            ? null
            : new ConfigurationManager<KeySet>(options.JwksUrl, this, _http) { AutomaticRefreshInterval = Interval, RefreshInterval = TimeSpan.FromSeconds(1) };
    }

    /// <summary>Starts to ask for the keys. A node whose issuer is down starts all the same.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_manager is not null)
        {
            _ = Refresh();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _http.Dispose();

    public async ValueTask<KeysFound> Find(string algorithm, string? id)
    {
        if (_keys is not null)
        {
            // Costs nothing but once in an interval, and then the manager asks in the background.
            await _manager!.GetConfigurationAsync(CancellationToken.None);
            if (_keys.Find(algorithm, id) is { Count: > 0 } known)
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

    /// <summary>Called by the manager, never twice at a time.</summary>
    public async Task<KeySet> GetConfigurationAsync(string address, IDocumentRetriever retriever, CancellationToken cancel)
    {
        try
        {
            var keys = KeySet.Parse(await _http.GetStringAsync(new Uri(address), cancel));
            if (_isFailing || (_keys?.Count, _keys?.Skipped) != (keys.Count, keys.Skipped))
            {
                LogRetrieved(keys.Count, keys.Skipped);
            }

            _isFailing = false;
            return _keys = keys;
        }
        catch (Exception exception)
        {
            if (!_isFailing)
            {
                LogFailed(Reason(exception));
            }

            _isFailing = true;
            throw;
        }
        finally
        {
            Interlocked.Exchange(ref _retrieved, New()).SetResult();
        }
    }

    /// <summary>The next retrieval that has not started yet, so that its answer is not older than the question.</summary>
    private Task Refresh()
    {
        lock (_gate)
        {
            if (_next is null)
            {
                var last = _last;
                _next = _last = Task.Run(() => RefreshAfter(last));
            }

            return _next;
        }
    }

    private async Task RefreshAfter(Task last)
    {
        await last;
        if (_started is { } started && Pause - Stopwatch.GetElapsedTime(started) is { Ticks: > 0 } early)
        {
            await Task.Delay(early);
        }

        lock (_gate)
        {
            _next = null;
            _started = Stopwatch.GetTimestamp();
        }

        var retrieved = _retrieved.Task;
        try
        {
            if (_keys is null)
            {
                await _manager!.GetConfigurationAsync(CancellationToken.None);
                return;
            }

            // The manager answers with the keys it has and asks in the background.
            _manager!.RequestRefresh();
            await retrieved.WaitAsync(AnswerTimeout);
        }
        catch (Exception)
        {
            // It is in the log already.
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Nothing of what was answered: it is not for the log.</summary>
    private static string Reason(Exception exception) => exception switch
    {
        HttpRequestException { StatusCode: { } status } => $"it was answered with {(int)status}",
        HttpRequestException failure => failure.HttpRequestError.ToString(),
        OperationCanceledException => "it took too long",
        FormatException failure => failure.Message,
        _ => exception.GetType().Name,
    };

    [LoggerMessage(1203, LogLevel.Information, "JWT_JWKS_URL: {Keys} keys are used, {Skipped} that cannot be are skipped.", EventName = "KeysRetrieved")]
    private partial void LogRetrieved(int keys, int skipped);

    [LoggerMessage(1204, LogLevel.Warning, "JWT_JWKS_URL gives no keys: {Reason}. Those that are known are kept, and it is asked again.", EventName = "KeysNotRetrieved")]
    private partial void LogFailed(string reason);
}
