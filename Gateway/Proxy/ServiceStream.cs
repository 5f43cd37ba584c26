using System.Net.Sockets;

namespace RigKafka.Proxy;

/// <summary>
/// A connection over HTTP/1.1 to a service, between the framework's client and the socket. A service may refuse an upload early: it
/// answers, closes, and resets what still comes. Its answer can be read, but the client would not look at it any more. So only the first
/// write that fails throws; later ones do nothing, and what is read ends the call. Reading ends after an answer that is the last one (<see
/// cref="AnswerHead"/>).
/// </summary>
internal sealed class ServiceStream(Stream inner) : ForwardOnlyStream
{
    private static readonly AsyncLocal<AnswerHead?> Watched = new();

    private AnswerHead? _answer;
    private ReadOnlyMemory<byte>? _lastEnd;
    private bool _hasAnswered;
    private bool _hasRequest;
    private bool _isClosed;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    /// <summary>Gives the answer to the request that the caller sends next to <paramref name="answer"/> as well.</summary>
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

            (_hasAnswered, _hasRequest) = (true, false);
            // A read that began before the request may give its answer.
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

        _hasRequest = true;
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

    public override Task FlushAsync(CancellationToken cancellationToken)
        => _isClosed ? Task.CompletedTask : inner.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private static bool IsReset(IOException failure) => failure.GetBaseException() is SocketException
    {
        SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown,
    };

    private int TakeLastEnd(Span<byte> buffer)
    {
        var left = _lastEnd.GetValueOrDefault();
        var count = Math.Min(buffer.Length, left.Length);
        left.Span[..count].CopyTo(buffer);
        _lastEnd = left[count..];
        return count;
    }

    /// <summary>A connection was idle if it had answered before and got another request.</summary>
    private ServiceLostException Lost(IOException failure) => new(wasIdle: _hasAnswered && _hasRequest, failure);
}

/// <summary>A service has reset its connection.</summary>
internal sealed class ServiceLostException(bool wasIdle, IOException failure) : IOException("The service reset the connection.", failure)
{
    /// <summary>Whether the service had answered another request on the connection, and had sent nothing in answer to this one.</summary>
    public bool WasIdle { get; } = wasIdle;
}
