namespace RigKafka.Proxy;

/// <summary>
/// The body of an answer whose length nobody knows. When the service has sent the head of it and nothing more yet, as an event stream without an event does,
/// the client gets the head at once: it may wait for that to know that it is connected.
/// </summary>
internal sealed class PromptAnswer(Stream body, HttpResponse response) : Stream
{
    private bool _isBegun;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var reading = body.ReadAsync(buffer, cancellationToken);
        if (_isBegun || reading.IsCompleted)
        {
            _isBegun |= buffer.Length > 0;
            return reading;
        }

        _isBegun = true;
        return SendHeadFirst(reading, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> SendHeadFirst(ValueTask<int> reading, CancellationToken cancellation)
    {
        var pending = reading.AsTask();
        await response.Body.FlushAsync(cancellation);
        return await pending;
    }
}
