namespace RigKafka.Kafka;

/// <summary>
/// Counts the calls inside a client of the Kafka library, so that it is disposed of only when there are none and no more come.
/// The library does not see to that: a call into a client that is gone reads freed memory, and may end the process.
/// </summary>
internal sealed class ClientLifetime
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The calls inside, and one more until the end.</summary>
    private int _users = 1;
    private int _isEnding;

    public bool IsEnding => Volatile.Read(ref _isEnding) != 0;

    /// <summary>Whether the client may be called now. If so, <see cref="Leave"/> has to follow.</summary>
    public bool TryEnter()
    {
        var users = Volatile.Read(ref _users);
        while (users > 0 && !IsEnding)
        {
            var seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
            {
                return true;
            }

            users = seen;
        }

        return false;
    }

    /// <summary>Calls the client; returns the default after its end.</summary>
    public T? Use<T>(Func<T> call)
    {
        if (!TryEnter())
        {
            return default;
        }

        try
        {
            return call();
        }
        finally
        {
            Leave();
        }
    }

    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _over.SetResult();
        }
    }

    /// <summary>Lets no more calls in. Completes when the last one is out.</summary>
    public Task End()
    {
        if (Interlocked.Exchange(ref _isEnding, 1) == 0)
        {
            Leave();
        }

        return _over.Task;
    }
}
