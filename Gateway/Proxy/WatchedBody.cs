namespace RigKafka.Proxy;

/// <summary>The body of a request, passed on as it comes; says when its last byte has been read.</summary>
internal sealed class WatchedBody(Stream body, CallTimer timer) : OneWayBody
{
    public bool IsRead { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await body.ReadAsync(buffer, cancellationToken);
        if (read == 0 && buffer.Length > 0)
        {
            IsRead = true;
            timer.RequestSent();
        }

        return read;
    }
}
