namespace RigKafka.Proxy;

/// <summary>Where the body of a request to a service is written to; notes that the service takes no more.</summary>
/// <param name="inner">The framework's stream.</param>
/// <param name="flushes">Whether what is written is sent at once.</param>
internal sealed class ServiceBodyStream(Stream inner, bool flushes) : Stream
{
    public bool IsRefused { get; private set; }

    /// <summary>How many bytes were written, those of a write that failed included.</summary>
    public long Count { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            Count += buffer.Length;
            await inner.WriteAsync(buffer, cancellationToken);
            if (flushes)
            {
                await inner.FlushAsync(cancellationToken);
            }
        }
        catch (ServiceLostException)
        {
            IsRefused = true;
            throw;
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            await inner.FlushAsync(cancellationToken);
        }
        catch (ServiceLostException)
        {
            IsRefused = true;
            throw;
        }
    }

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
