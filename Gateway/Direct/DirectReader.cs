using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace RigKafka.Direct;

/// <summary>
/// What the server reads of a connection: received when the server asks, not ahead, so that an idle connection has no buffer. Only once
/// the client has ended its side is the rest taken at once, since that end is to be noticed also while nobody reads.
/// </summary>
internal sealed class DirectReader : PipeReader
{
    /// <summary>How much may wait to be read when the client has ended its side; as much as on the server's own transport.</summary>
    private const int MostAhead = 1 << 20;

    private readonly DirectSocket _socket;
    private readonly Lock _gate;
    private readonly Action _ended;
    private readonly PendingResult<ReadResult> _pending;
    private ReceiveBuffer _unread;
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
        _unread.Add(received);
        _isExamined = received.IsEmpty;
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
            if (consumed.GetObject() is not null && _unread.Length > 0)
            {
                var unread = _unread.Sequence;
                _isExamined = unread.Slice(examined).IsEmpty;
                _unread.KeepLast((int)unread.Slice(consumed).Length);
            }

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

            // The server ends a connection that has no request: one may have come whose event is still on its way.
            Receive();
            result = _failure is null ? Lend() : default;
        }

        Tell(result);
    }

    public override void Complete(Exception? exception = null)
    {
        lock (_gate)
        {
            _isOver = true;
            _isLent = false;
            _unread.KeepLast(0);
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

        Tell(result);
    }

    /// <summary>The connection is broken off: whoever reads learns why. Under the lock.</summary>
    public void Fail(Exception why) => _failure ??= why;

    /// <summary>Ends what the server reads, and gives what it has not read yet. Under the lock.</summary>
    public byte[]? End()
    {
        var unread = _unread.Length == 0 ? null : _unread.Span.ToArray();
        _isOver = true;
        _unread.KeepLast(0);
        return unread;
    }

    private void Tell(ReadResult result)
    {
        if (_failure is null)
        {
            _pending.Tell(result);
        }
        else
        {
            _pending.Tell(_failure);
        }
    }

    private ReadResult Lend()
    {
        var result = new ReadResult(_unread.Sequence, _isCanceled, _isOver);
        _isCanceled = false;
        _isLent = true;
        return result;
    }

    private void ReceiveAll()
    {
        while (!IsOver && _unread.Length < MostAhead && Receive())
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

        var received = _socket.Receive(_unread.Room());
        _unread.Added(Math.Max(0, received));
        if (received > 0)
        {
            _isExamined = false;
            return true;
        }

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
}
