using System.Threading.Tasks.Sources;

namespace RigKafka.Direct;

/// <summary>
/// The result that the one caller of a pipe waits for. It comes, or its token is cancelled: whoever ends the wait under the lock tells
/// the caller, outside of it, and the caller goes on in that thread.
/// </summary>
/// <param name="gate">The lock of the connection.</param>
internal sealed class PendingResult<T>(Lock gate) : IValueTaskSource<T>
{
    private ManualResetValueTaskSourceCore<T> _core;
    private CancellationTokenRegistration _cancellation;
    private CancellationToken _token;

    /// <summary>Whether the caller waits. Under the lock.</summary>
    public bool IsAwaited { get; private set; }

    /// <summary>Has the caller wait. Under the lock.</summary>
    public ValueTask<T> Wait(CancellationToken token)
    {
        _core.Reset();
        IsAwaited = true;
        _token = token;
        // If it is cancelled by now, the wait ends before it has begun, in this thread.
        _cancellation = token.UnsafeRegister(static (pending, token) => ((PendingResult<T>)pending!).Cancel(token), this);
        return new ValueTask<T>(this, _core.Version);
    }

    /// <summary>Ends the wait, under the lock. True when somebody waited, whom the caller of this must then tell.</summary>
    public bool TryEnd()
    {
        var wasAwaited = IsAwaited;
        IsAwaited = false;
        return wasAwaited;
    }

    /// <summary>Tells who waited. Not under the lock.</summary>
    public void Tell(T result) => _core.SetResult(result);

    /// <summary>Tells who waited that it failed. Not under the lock.</summary>
    public void Tell(Exception failure) => _core.SetException(failure);

    T IValueTaskSource<T>.GetResult(short token)
    {
        _cancellation.Unregister();
        return _core.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<T>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel(CancellationToken token)
    {
        lock (gate)
        {
            // An earlier wait's token may come late.
            if (token != _token || !TryEnd())
            {
                return;
            }
        }

        Tell(new OperationCanceledException(token));
    }
}
