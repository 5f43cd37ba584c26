using System.IO.Pipelines;

namespace RigKafka.Connections;

/// <summary>Writes through a pipe, for everything that lies between us and the socket: TLS, HTTP/2, HTTP/1.0.</summary>
/// <param name="pipe">A pipe whose flush completes when the other side has taken the bytes.</param>
/// <param name="abort">Breaks the connection off.</param>
internal sealed class PipeWire(PipeWriter pipe, Action abort) : Wire
{
    private ValueTask<FlushResult>? _flush;
    private TaskCompletionSource? _waiting;

    public override bool IsIdle => _flush is not { IsCompleted: false };

    public override Task Idle => _waiting?.Task ?? _flush?.AsTask() ?? Task.CompletedTask;

    /// <summary>Another write waits for the flush of the one before.</summary>
    public override bool HoldsBytes => false;

    public override int TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (!IsIdle)
        {
            return 0;
        }

        try
        {
            if (_flush is { } done)
            {
                _flush = null;
                if (IsOver(done.GetAwaiter().GetResult()))
                {
                    return -1;
                }
            }

            bytes.CopyTo(pipe.GetSpan(bytes.Length));
            pipe.Advance(bytes.Length);
            var flush = pipe.FlushAsync();
            if (!flush.IsCompleted)
            {
                _flush = flush;
                return bytes.Length;
            }

            return IsOver(flush.GetAwaiter().GetResult()) ? -1 : bytes.Length;
        }
        catch (Exception exception) when (IsGone(exception))
        {
            return -1;
        }
    }

    public override async ValueTask<int> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_flush is not { } flush)
        {
            return 0;
        }

        _flush = null;
        var waiting = _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            return IsOver(await flush) ? -1 : 0;
        }
        catch (Exception exception) when (IsGone(exception))
        {
            return -1;
        }
        finally
        {
            _waiting = null;
            waiting.SetResult();
        }
    }

    public override void Abort() => abort();

    private static bool IsOver(FlushResult flush) => flush.IsCompleted || flush.IsCanceled;

    private static bool IsGone(Exception exception) =>
        exception is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;
}
