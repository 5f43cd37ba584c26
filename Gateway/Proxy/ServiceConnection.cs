using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace RigKafka.Proxy;

/// <summary>
/// A connection to a service, as the framework's client has it. A service may refuse an upload early: it answers, closes, and resets what still
/// comes. Its answer lies there to be read, but the client would not look at it any more. So the first write that fails says so, and those
/// after it do not: what ends the call is what is read. A service that sends more than its answer holds must not be asked again on the same
/// connection, where the rest would be taken for the next answer; so it also says which request went out on it.
/// </summary>
internal sealed class ServiceConnection(Stream inner) : Stream
{
    private static readonly AsyncLocal<StrongBox<ServiceConnection?>?> Place = new();

    private bool _hasAnswered;
    private bool _isAsked;
    private bool _isClosed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Gives the place in which the connection of the request that is sent from here will be.</summary>
    public static StrongBox<ServiceConnection?> Watch() => Place.Value = new StrongBox<ServiceConnection?>();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            if (read > 0)
            {
                (_hasAnswered, _isAsked) = (true, false);
            }

            return read;
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
        if (Place.Value is { } place)
        {
            place.Value = this;
        }

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

    /// <summary>A connection that had answered before, and was asked again, had been idle.</summary>
    private ServiceLostException Lost(IOException failure) => new(wasIdle: _hasAnswered && _isAsked, failure);
}
