using System.Net.Sockets;

namespace RigKafka.Proxy;

/// <summary>
/// A connection to a service, as the framework's client has it. A service may refuse an upload early: it answers, closes, and resets what still
/// comes. Its answer lies there to be read, but the client would not look at it any more. So the first write that fails says so, and those
/// after it do not: what ends the call is what is read. What is read ends after an answer that is the last (<see cref="AnswerHead"/>).
/// </summary>
internal sealed class ServiceConnection(Stream inner) : Stream
{
    private static readonly AsyncLocal<AnswerHead?> Watched = new();

    private AnswerHead? _answer;
    private ReadOnlyMemory<byte>? _lastEnd;
    private bool _hasAnswered;
    private bool _isAsked;
    private bool _isClosed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Has the answer to the request that is sent from here looked at.</summary>
    public static void Watch(AnswerHead? answer) => Watched.Value = answer;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_lastEnd is not null)
        {
            return TakeLastEnd(buffer.Span);
        }

        try
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            if (read == 0)
            {
                return 0;
            }

            (_hasAnswered, _isAsked) = (true, false);
            // A read that begins before a request may give the answer to it.
            var passed = _answer?.Read(buffer.Span[..read]) ?? read;
            if (passed == read)
            {
                return read;
            }

            _lastEnd = AnswerHead.LastEnd;
            return passed > 0 ? passed : TakeLastEnd(buffer.Span);
        }
        catch (IOException failure) when (IsReset(failure))
        {
            throw Lost(failure);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isClosed)
        {
            return;
        }

        _isAsked = true;
        _answer = Watched.Value;
        try
        {
            await inner.WriteAsync(buffer, cancellationToken);
        }
        catch (IOException failure) when (IsReset(failure))
        {
            _isClosed = true;
            throw Lost(failure);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => _isClosed ? Task.CompletedTask : inner.FlushAsync(cancellationToken);

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private static bool IsReset(IOException failure)
        => failure.GetBaseException() is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown };

    private int TakeLastEnd(Span<byte> buffer)
    {
        var left = _lastEnd.GetValueOrDefault();
        var count = Math.Min(buffer.Length, left.Length);
        left.Span[..count].CopyTo(buffer);
        _lastEnd = left[count..];
        return count;
    }

    /// <summary>A connection that had answered before, and was asked again, had been idle.</summary>
    private ServiceLostException Lost(IOException failure) => new(wasIdle: _hasAnswered && _isAsked, failure);
}
