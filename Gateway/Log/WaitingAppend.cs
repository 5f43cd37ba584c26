namespace RigKafka.Log;

/// <summary>An append that waits for room in the embedded log.</summary>
internal sealed class WaitingAppend(byte[] value) : TaskCompletionSource<AppendOutcome>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private ITimer? _timer;

    public byte[] Value => value;

    public bool Answered => Task.IsCompleted;

    public void AnswerBy(TimeSpan timeout, TimeProvider time) =>
        _timer = time.CreateTimer(
            static waiting => ((WaitingAppend)waiting!).TryAnswer(AppendOutcome.NotStored), this, timeout, Timeout.InfiniteTimeSpan);

    public bool TryAnswer(AppendOutcome outcome)
    {
        _timer?.Dispose();
        return TrySetResult(outcome);
    }
}
