using RigKafka.Channels;
using RigKafka.Connections;
using RigKafka.Messages;

namespace RigKafka.Transports;

/// <summary>
/// The wire of a client that polls: it takes bytes only while a poll waits for some, and one poll takes one run of whole frames.
/// Everything else waits in the outbox, where it is bounded.
/// </summary>
internal sealed class LongPollWire : Wire
{
    private static readonly ChannelFormat V1 = new(ChannelCodec.V1, static message => [(byte)',', .. message], []);
    private static readonly ChannelFormat V2 = new(
        ChannelCodec.V2, static message => RelaxedJson.Quote(","u8, message), []);

    private readonly Lock _lock = new();
    private TaskCompletionSource<byte[]>? _poll;
    private TaskCompletionSource<int>? _blocked;
    private bool _isAborted;
    private TaskCompletionSource? _confirmed;

    /// <summary>Completes when the client has come again after what it was given last: nothing else says that it has it.</summary>
    public override Task Idle
    {
        get
        {
            lock (_lock)
            {
                return _confirmed?.Task ?? Task.CompletedTask;
            }
        }
    }

    public override bool HoldsBytes => false;

    /// <summary>
    /// Channel messages as members of a JSON array, each after a comma: objects in version 1, texts of an array in version 2. Polls are
    /// their own sign of life.
    /// </summary>
    public static ChannelFormat Format(ChannelCodec codec) => codec == ChannelCodec.V1 ? V1 : V2;

    /// <summary>Waits for frames. An earlier poll that still waits is answered with none.</summary>
    /// <returns>The frames, none when the time is over or the wire was aborted.</returns>
    public async Task<byte[]> Poll(TimeSpan window, TimeProvider time, CancellationToken cancellation)
    {
        var poll = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource<int>? blocked;
        lock (_lock)
        {
            _poll?.TrySetResult([]);
            (_poll, blocked, _blocked) = (poll, _blocked, null);
            _confirmed?.TrySetResult();
            _confirmed = null;
            if (_isAborted)
            {
                return [];
            }
        }

        blocked?.TrySetResult(0);
        try
        {
            return await poll.Task.WaitAsync(window, time, cancellation);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            lock (_lock)
            {
                _poll = _poll == poll ? null : _poll;
            }

            // What was taken at the very end is not to be lost.
            return poll.Task.IsCompletedSuccessfully ? await poll.Task : [];
        }
    }

    public override int TryWrite(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_isAborted)
            {
                return -1;
            }

            if (_poll is not { } poll)
            {
                return 0;
            }

            _poll = null;
            _confirmed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            poll.SetResult(bytes.ToArray());
            return bytes.Length;
        }
    }

    public override ValueTask<int> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        lock (_lock)
        {
            if (_isAborted || _poll is not null)
            {
                return ValueTask.FromResult(_isAborted ? -1 : 0);
            }

            _blocked = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask<int>(_blocked.Task);
        }
    }

    public override void Abort()
    {
        lock (_lock)
        {
            _isAborted = true;
            _confirmed?.TrySetResult();
            _poll?.TrySetResult([]);
            _blocked?.TrySetResult(-1);
        }
    }
}
