using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace RigKafka.Direct;

/// <summary>
/// What the server reads of a connection: received when the server asks, not ahead, so that an idle connection has no buffer. Only once
/// the client has ended its side is the rest taken at once, since that end is to be noticed also while nobody reads.
/// </summary>
internal sealed class DirectReader : PipeReader
{
    private const int SmallestBuffer = 4096;

    /// <summary>How much may wait to be read when the client has ended its side; as much as on the server's own transport.</summary>
    private const int MostAhead = 1 << 20;

    private readonly DirectSocket _socket;
    private readonly Lock _gate;
    private readonly Action _ended;
    private readonly PendingResult<ReadResult> _pending;
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private bool _isExamined = true;
    private bool _isLent;
    private bool _isOver;
    private bool _isCanceled;
    private bool _isClientDone;
    private Exception? _failure;

    /// <param name="socket">The socket.</param>
    /// <param name="gate">The lock of the connection.</param>
    /// <param name="ended">Called, under the lock, when the client's end has been read.</param>
    /// <param name="received">What was received before, and comes first.</param>
    public DirectReader(DirectSocket socket, Lock gate, Action ended, ReadOnlySpan<byte> received)
    {
        (_socket, _gate, _ended, _pending) = (socket, gate, ended, new PendingResult<ReadResult>(gate));
        if (!received.IsEmpty)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(SmallestBuffer, received.Length));
            received.CopyTo(_buffer);
            (_end, _isExamined) = (received.Length, false);
        }
    }

    /// <summary>Whether nothing more will be received. Under the lock.</summary>
    public bool IsOver => _isOver || _failure is not null;

    /// <summary>Whether the server neither waits for more nor looks at what there is. Under the lock.</summary>
    public bool IsAtRest => !_pending.IsAwaited && !_isLent;

    private bool HasResult => _isCanceled || IsOver || !_isExamined;

    public override bool TryRead(out ReadResult result)
    {
        lock (_gate)
        {
            result = default;
            if (!HasResult)
            {
                return false;
            }

            if (_failure is not null)
            {
                throw _failure;
            }

            result = Lend();
            return true;
        }
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        }

        lock (_gate)
        {
            if (!HasResult)
            {
                Receive();
            }

            return !HasResult ? _pending.Wait(cancellationToken)
                : _failure is null ? new ValueTask<ReadResult>(Lend()) : ValueTask.FromException<ReadResult>(_failure);
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (_gate)
        {
            _isLent = false;
            if (_buffer is null || consumed.GetObject() is null)
            {
                return;
            }

            var unread = Unread;
            _isExamined = unread.Slice(examined).IsEmpty;
            _start = _end - (int)unread.Slice(consumed).Length;
            ReleaseIfEmpty();
            if (_isClientDone)
            {
                ReceiveAll();
            }
        }
    }

    public override void CancelPendingRead()
    {
        ReadResult result;
        lock (_gate)
        {
            _isCanceled = true;
            if (!_pending.TryEnd())
            {
                return;
            }

            result = Lend();
        }

        _pending.Tell(result);
    }

    public override void Complete(Exception? exception = null)
    {
        lock (_gate)
        {
            _isOver = true;
            _isLent = false;
            (_start, _end) = (0, 0);
            ReleaseIfEmpty();
        }
    }

    /// <summary>There is something to receive, or nothing ever will be again.</summary>
    /// <param name="isClientDone">Whether the client has ended its side.</param>
    public void OnReadable(bool isClientDone)
    {
        ReadResult result = default;
        lock (_gate)
        {
            _isClientDone |= isClientDone;
            if (!_pending.IsAwaited)
            {
                if (_isClientDone && !_isLent)
                {
                    ReceiveAll();
                }

                return;
            }

            Receive();
            if (!HasResult)
            {
                return;
            }

            _pending.TryEnd();
            result = _failure is null ? Lend() : default;
        }

        if (_failure is null)
        {
            _pending.Tell(result);
        }
        else
        {
            _pending.Tell(_failure);
        }
    }

    /// <summary>The connection is broken off: whoever reads learns why. Under the lock.</summary>
    public void Fail(Exception why) => _failure ??= why;

    /// <summary>Ends what the server reads, and gives what it has not read yet. Under the lock.</summary>
    public byte[]? End()
    {
        var unread = _start == _end ? null : _buffer.AsSpan(_start, _end - _start).ToArray();
        _isOver = true;
        (_start, _end) = (0, 0);
        ReleaseIfEmpty();
        return unread;
    }

    private ReadOnlySequence<byte> Unread => _buffer is null ? default : new ReadOnlySequence<byte>(_buffer, _start, _end - _start);

    private ReadResult Lend()
    {
        var result = new ReadResult(Unread, _isCanceled, _isOver);
        _isCanceled = false;
        _isLent = true;
        return result;
    }

    private void ReceiveAll()
    {
        while (!IsOver && _end - _start < MostAhead && Receive())
        {
        }
    }

    /// <summary>Receives once. False when there is nothing now, or no more.</summary>
    private bool Receive()
    {
        if (IsOver)
        {
            return false;
        }

        MakeRoom();
        var received = _socket.Receive(_buffer.AsSpan(_end));
        if (received > 0)
        {
            _end += received;
            _isExamined = false;
            return true;
        }

        ReleaseIfEmpty();
        if (received == DirectSocket.Later)
        {
            return false;
        }

        if (received == 0)
        {
            _isOver = true;
        }
        else
        {
            _failure = new ConnectionResetException("The connection was reset by the client.");
        }

        _ended();
        return false;
    }

    private void MakeRoom()
    {
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(SmallestBuffer);
            return;
        }

        if (_end < _buffer.Length)
        {
            return;
        }

        var unread = _buffer.AsSpan(_start, _end - _start);
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(SmallestBuffer, unread.Length * 2));
        unread.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
        (_start, _end) = (0, unread.Length);
    }

    private void ReleaseIfEmpty()
    {
        if (_start == _end && _buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
            (_start, _end) = (0, 0);
            _isExamined = true;
        }
    }
}
