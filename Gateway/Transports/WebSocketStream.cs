using RigKafka.Connections;

namespace RigKafka.Transports;

/// <summary>
/// What the framework's WebSocket reads from and writes to: it reads the client's bytes, and what it writes, which is
/// control frames alone, goes through the connection's outbox like everything else.
/// </summary>
/// <param name="incoming">Where the client's bytes come from.</param>
/// <param name="connection">The connection.</param>
/// <param name="pace">How much the client may send.</param>
internal sealed class WebSocketStream(Stream incoming, Connection connection, ClientPace pace) : Stream
{
    private bool _isTooFast;

    public Connection Connection => connection;

    public ClientPace Pace => pace;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>
    /// Reads on, and forgets what it reads, until the client ends or the time is over: else its socket would be reset, and the answer to
    /// its mistake lost.
    /// </summary>
    public async Task Drain(TimeSpan limit, TimeProvider time)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        var buffer = new byte[1024];
        try
        {
            while (await incoming.ReadAsync(buffer, timeout.Token) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // It has ended, one way or the other.
        }
    }

    /// <summary>A silent client is waited for without a buffer, and so costs nothing here.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.IsEmpty ? incoming.ReadAsync(buffer, cancellationToken) : ReadCounted(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>The framework keeps pings to itself: a client's are counted by the pongs that answer them.</summary>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (WebSocketFrame.IsPong(buffer) && !pace.AllowsMessage())
        {
            End();
        }

        if (WebSocketFrame.IsClose(buffer))
        {
            connection.SendLast(buffer.ToArray());
        }
        else if (!_isTooFast)
        {
            connection.Send(buffer.ToArray());
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private async ValueTask<int> ReadCounted(Memory<byte> buffer, CancellationToken cancellation)
    {
        var read = await incoming.ReadAsync(buffer, cancellation);
        if (!pace.AllowsBytes(read))
        {
            End();
        }

        return read;
    }

    /// <summary>Once: the delivery loop need not know that the client goes on like that.</summary>
    private void End()
    {
        if (!_isTooFast)
        {
            _isTooFast = true;
            connection.Close(CloseReason.TooFast);
        }
    }
}
