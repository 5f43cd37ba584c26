using RigKafka.Connections;
using RigKafka.Log;

namespace RigKafka.Delivery;

/// <summary>A client that waits for a rewind. Gives it messages up to the answer, which is given once.</summary>
/// <param name="request">What it has missed.</param>
/// <param name="need">How many records that may be.</param>
/// <param name="cameAt">When it came.</param>
internal sealed class WaitingRewind(RewindRequest request, long need, long cameAt)
{
    private readonly TaskCompletionSource<string?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private bool _hasBegun;

    public RewindRequest Request => request;

    public long Need => need;

    public long CameAt => cameAt;

    public Task<string?> Answered => _answer.Task;

    /// <summary>Its pass begins. Returns false when it is too late.</summary>
    public bool TryBegin()
    {
        lock (_lock)
        {
            _hasBegun = true;
            return !_answer.Task.IsCompleted;
        }
    }

    /// <summary>It has waited for as long as it may, unless its pass has begun.</summary>
    public void EndWaiting()
    {
        lock (_lock)
        {
            if (!_hasBegun)
            {
                _answer.TrySetResult(IMessageLog.Busy);
            }
        }
    }

    /// <param name="gap">The reason of the gap; null when it was given everything.</param>
    public void Answer(string? gap)
    {
        lock (_lock)
        {
            _answer.TrySetResult(gap);
        }
    }

    public void Fail(Exception failure)
    {
        lock (_lock)
        {
            _answer.TrySetException(failure);
        }
    }

    public void Cancel(CancellationToken cancellation)
    {
        lock (_lock)
        {
            _answer.TrySetCanceled(cancellation);
        }
    }

    /// <summary>Gives it a message of one of its topics, if it is one that it has missed. What goes wrong with it concerns only itself.</summary>
    public void Give(in LogRecord record, string topic, ReadOnlyMemory<byte> json)
    {
        if (!request.Has(record))
        {
            return;
        }

        lock (_lock)
        {
            try
            {
                if (!_answer.Task.IsCompleted && !request.Take(record, topic, json))
                {
                    _answer.TrySetResult(Hold.TooMuch);
                }
            }
            catch (Exception failure)
            {
                _answer.TrySetException(failure);
            }
        }
    }
}
