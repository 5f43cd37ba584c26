using System.Buffers;
using System.IO.Pipelines;

namespace RigKafka.Direct;

/// <summary>
/// What the server writes to a connection. A flush completes when the kernel has every byte, so that the socket may be written to past
/// it from then on.
/// </summary>
/// <param name="socket">The socket.</param>
/// <param name="gate">The lock of the connection.</param>
internal sealed class DirectWriter(DirectSocket socket, Lock gate) : PipeWriter
{
    private const int SmallestBuffer = 4096;

    private readonly PendingResult<FlushResult> _pending = new(gate);
    private byte[]? _buffer;
    private int _sent;
    private int _end;
    private bool _isOver;
    private bool _isCanceled;

    /// <summary>Whether the kernel has all that was written. Under the lock.</summary>
    public bool IsEmpty => _sent == _end && !_pending.IsAwaited;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _end - _sent;

    public override Memory<byte> GetMemory(int sizeHint = 0) => MakeRoom(sizeHint).AsMemory(_end);

    public override Span<byte> GetSpan(int sizeHint = 0) => MakeRoom(sizeHint).AsSpan(_end);

    public override void Advance(int bytes) => _end += bytes;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        lock (gate)
        {
            return TrySend() || _isCanceled ? new ValueTask<FlushResult>(Result()) : _pending.Wait(cancellationToken);
        }
    }

    public override void CancelPendingFlush()
    {
        FlushResult result;
        lock (gate)
        {
            _isCanceled = true;
            if (!_pending.TryEnd())
            {
                return;
            }

            result = Result();
        }

        _pending.Tell(result);
    }

    public override void Complete(Exception? exception = null)
    {
        lock (gate)
        {
            TrySend();
            End();
        }
    }

    /// <summary>The socket has room again, or is broken.</summary>
    public void OnWritable()
    {
        FlushResult result;
        lock (gate)
        {
            if (!_pending.IsAwaited || !TrySend())
            {
                return;
            }

            _pending.TryEnd();
            result = Result();
        }

        _pending.Tell(result);
    }

    /// <summary>Whatever the server still writes is dropped. Under the lock.</summary>
    public void End()
    {
        _isOver = true;
        Release();
    }

    private FlushResult Result()
    {
        var result = new FlushResult(_isCanceled, _isOver);
        _isCanceled = false;
        return result;
    }

    /// <summary>True when nothing is left to be sent.</summary>
    private bool TrySend()
    {
        while (!_isOver && _sent < _end)
        {
            var sent = socket.Send(_buffer.AsSpan(_sent, _end - _sent));
            if (sent == DirectSocket.Later)
            {
                return false;
            }

            _isOver = sent == DirectSocket.Broken;
            _sent += Math.Max(0, sent);
        }

        Release();
        return true;
    }

    private byte[] MakeRoom(int sizeHint)
    {
        var needed = _end + Math.Max(sizeHint, 1);
        if (_buffer is null || _buffer.Length < needed)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(SmallestBuffer, Math.Max(needed, _end * 2)));
            _buffer.AsSpan(0, _end).CopyTo(larger);
            Release(_end, _sent);
            _buffer = larger;
        }

        return _buffer;
    }

    private void Release(int end = 0, int sent = 0)
    {
        (_end, _sent) = (end, sent);
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
