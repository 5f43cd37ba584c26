using System.Buffers;
using System.Net.WebSockets;
using System.Text.Unicode;
using RigKafka.Channels;
using RigKafka.Connections;

namespace RigKafka.Transports;

/// <summary>Reads a WebSocket client's messages, one after the other, until the client or its mistake ends them.</summary>
/// <param name="socket">The socket.</param>
/// <param name="codec">How the client writes.</param>
/// <param name="pace">How much the client may send.</param>
/// <param name="options">How large a message may be, and how long it may take.</param>
/// <param name="time">The clock.</param>
internal sealed class WebSocketReader(WebSocket socket, ChannelCodec codec, ClientPace pace, ChannelOptions options, TimeProvider time)
{
    /// <summary>Enough for nearly every message.</summary>
    private const int FirstBuffer = 4096;

    /// <summary>
    /// Hands over every message, each when the one before is done, and says why there are no more. Ends when the client is done too, or
    /// gone.
    /// </summary>
    public async Task Read(Func<ClientFrame, ValueTask> handle, Action<CloseReason> close)
    {
        // Of a client that never pauses every read has something at once: it would keep the caller for as long.
        await Task.Yield();
        try
        {
            var reason = await Listen(handle, close);
            if (reason == CloseReason.ClientGone)
            {
                await Answer();
            }
            else
            {
                close(reason);
                await Discard();
            }
        }
        catch (Exception exception)
            when (exception is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // It is gone without a word, or has broken the rules of WebSocket itself, which the framework has answered.
        }
        finally
        {
            close(CloseReason.ClientGone);
        }
    }

    private async Task<CloseReason> Listen(Func<ClientFrame, ValueTask> handle, Action<CloseReason> close)
    {
        while (true)
        {
            // A client says little: while it is silent it holds no buffer.
            var waited = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
            if (waited.MessageType == WebSocketMessageType.Close)
            {
                return CloseReason.ClientGone;
            }

            if (await ReadOne(handle, close, waited.EndOfMessage) is { } reason)
            {
                return reason;
            }
        }
    }

    /// <summary>Repeats the client's close code. A close without one reads as 1005, which must not be sent (RFC 6455, 7.4.1).</summary>
    private Task Answer() => socket.CloseOutputAsync(
        socket.CloseStatus is { } status and not WebSocketCloseStatus.Empty ? status : WebSocketCloseStatus.NormalClosure,
        null,
        CancellationToken.None);

    /// <summary>
    /// Reads on until the client closes: a socket that is closed with bytes unread is reset, and the last words are lost.
    /// </summary>
    private async Task Discard()
    {
        var buffer = new byte[1024];
        while ((await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None)).MessageType != WebSocketMessageType.Close)
        {
        }
    }

    private async Task<CloseReason?> ReadOne(Func<ClientFrame, ValueTask> handle, Action<CloseReason> close, bool isEmpty)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(FirstBuffer, options.MessageMaxBytes));
        ITimer? limit = null;
        try
        {
            var length = 0;
            for (var isWhole = isEmpty; !isWhole;)
            {
                if (length == buffer.Length && length < options.MessageMaxBytes)
                {
                    buffer = Enlarge(buffer);
                }

                // At the limit, room for the byte that would be too much.
                var rest = length < options.MessageMaxBytes ? Rest(buffer, length) : new byte[1];
                var receiving = socket.ReceiveAsync(rest, CancellationToken.None);
                if (!receiving.IsCompleted)
                {
                    // Only a message that does not come at once costs a timer.
                    limit ??= time.CreateTimer(_ => close(CloseReason.Unfinished), null, options.MessageTimeout, Timeout.InfiniteTimeSpan);
                }

                var read = await receiving;
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    return CloseReason.ClientGone;
                }

                length += read.Count;
                isWhole = read.EndOfMessage;
                if (length > options.MessageMaxBytes)
                {
                    return CloseReason.TooBig;
                }
            }

            limit?.Dispose();
            pace.Finish(length);
            return await Handle(handle, buffer.AsMemory(0, length));
        }
        finally
        {
            limit?.Dispose();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private Memory<byte> Rest(byte[] buffer, int length) =>
        buffer.AsMemory(length, Math.Min(buffer.Length, options.MessageMaxBytes) - length);

    private byte[] Enlarge(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length * 2, options.MessageMaxBytes));
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private async ValueTask<CloseReason?> Handle(Func<ClientFrame, ValueTask> handle, ReadOnlyMemory<byte> message)
    {
        if (!pace.AllowsMessage())
        {
            return CloseReason.TooFast;
        }

        if (!Utf8.IsValid(message.Span))
        {
            return CloseReason.BadText;
        }

        if (codec.Parse(message) is not { } frame)
        {
            return CloseReason.BadFrame;
        }

        await handle(frame);
        return null;
    }
}
