using RigKafka.Direct;

namespace RigKafka.Tests.Direct;

/// <summary>Notes what it is told, and does with it what the test says.</summary>
internal sealed class RecordingTarget(Action? onEvents = null) : IEpollTarget
{
    private readonly TaskCompletionSource<EpollEvents> _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first events that it was told of.</summary>
    public Task<EpollEvents> Told => _told.Task;

    public Task Ended => _ended.Task;

    public void OnEvents(EpollEvents events)
    {
        _told.TrySetResult(events);
        onEvents?.Invoke();
    }

    public void OnLoopEnd() => _ended.SetResult();
}
