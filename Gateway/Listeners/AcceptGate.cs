namespace RigKafka.Listeners;

/// <summary>
/// Holds the accept loops while hardly a file is left. The transport tries a failed accept again at once, without end and on the thread
/// that polls the sockets, unless the token that it was given is cancelled; and the runtime ends the process when it has no file for a
/// new thread.
/// </summary>
internal sealed partial class AcceptGate : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>What the rest of the process may need while it goes on with what it has.</summary>
    private const int Few = 16;

    /// <summary>How often in a row there have to be files before it opens: what takes them comes and goes.</summary>
    private const int LooksUntilOpen = 4;

    private readonly Func<bool> _areFilesLeft;
    private readonly ILogger<AcceptGate> _logger;
    private readonly ITimer _timer;
    private readonly Lock _looking = new();
    private int _looksWithFiles;
    private volatile CancellationTokenSource _shut = new();
    private volatile TaskCompletionSource _open = new();

    public AcceptGate(TimeProvider time, ILogger<AcceptGate> logger)
        : this(time, logger, LookAt(OpenFiles.Limit()))
    {
    }

    /// <param name="time">When it looks.</param>
    /// <param name="logger">What is told when it shuts and opens.</param>
    /// <param name="areFilesLeft">Whether more than a few are left.</param>
    internal AcceptGate(TimeProvider time, ILogger<AcceptGate> logger, Func<bool> areFilesLeft)
    {
        (_logger, _areFilesLeft) = (logger, areFilesLeft);
        _open.SetResult();
        _timer = time.CreateTimer(_ => Look(), null, Interval, Interval);
    }

    /// <summary>Cancelled while it is shut.</summary>
    public CancellationToken Shut => _shut.Token;

    /// <summary>Waits until it is open.</summary>
    public Task Pass() => _open.Task;

    public void Dispose()
    {
        _timer.Dispose();
        _open.TrySetResult();
    }

    private static Func<bool> LookAt(int limit) => () => OpenFiles.AreLeft(limit, Few);

    private void Look()
    {
        // A timer does not wait for its last turn to end.
        if (!_looking.TryEnter())
        {
            return;
        }

        try
        {
            var areLeft = _areFilesLeft();
            _looksWithFiles = areLeft ? _looksWithFiles + 1 : 0;
            if (!areLeft && !_shut.IsCancellationRequested)
            {
                _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _shut.Cancel();
                LogShut();
            }
            else if (_looksWithFiles >= LooksUntilOpen && _shut.IsCancellationRequested)
            {
                _shut = new CancellationTokenSource();
                LogOpen();
                _open.TrySetResult();
            }
        }
        finally
        {
            _looking.Exit();
        }
    }

    [LoggerMessage(1481, LogLevel.Error,
        "Hardly a file is left of those that the process may open (ulimit -n): no TCP connection is accepted until there are some.",
        EventName = "FilesExhausted")]
    private partial void LogShut();

    [LoggerMessage(1482, LogLevel.Information, "There are files again: TCP connections are accepted.", EventName = "FilesLeft")]
    private partial void LogOpen();
}
