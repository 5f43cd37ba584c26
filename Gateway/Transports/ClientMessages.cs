using System.Buffers;
using System.Net.WebSockets;
using System.Text.Unicode;
using RigKafka.Channels;
using RigKafka.Connections;

namespace RigKafka.Transports;

/// <summary>Reads a WebSocket client's messages, one after the other, until the client or its mistake ends them.</summary>
internal sealed class ClientMessages(WebSocket socket, FrameVersion version, ChannelOptions options, TimeProvider time)
{
    private MessageRate _rate = new(options.MessagesPerSecond, time);

    /// <summary>Hands over every message, each when the one before is done with, and says why there are no more. Ends when the client is done too, or gone.</summary>
    public async Task Read(Func<ClientFrame, ValueTask> handle, Action<CloseReason> close)
    {
        try
        {
            var reason = await Listen(handle);
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
        catch (Exception exception) when (exception is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // It is gone without a word, or has broken the rules of WebSocket itself, which the framework has answered.
        }
        finally
        {
            close(CloseReason.ClientGone);
        }
    }

    private async Task<CloseReason> Listen(Func<ClientFrame, ValueTask> handle)
    {
        while (true)
        {
            // A client says little: while it is silent it holds no buffer.
            var waited = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
            if (waited.MessageType == WebSocketMessageType.Close)
            {
                return CloseReason.ClientGone;
            }

            if (await ReadOne(handle, waited.EndOfMessage) is { } reason)
            {
                return reason;
            }
        }
    }

    /// <summary>Repeats the client's close code. A close without one reads as 1005, which must not be sent (RFC 6455, section 7.4.1).</summary>
    private Task Answer() => socket.CloseOutputAsync(
        socket.CloseStatus is { } status and not WebSocketCloseStatus.Empty ? status : WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);

    /// <summary>Reads on until the client closes: a socket that is closed with bytes unread is reset, and what the client was told last is lost.</summary>
    private async Task Discard()
    {
        var buffer = new byte[1024];
        while ((await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None)).MessageType != WebSocketMessageType.Close)
        {
        }
    }

    private async Task<CloseReason?> ReadOne(Func<ClientFrame, ValueTask> handle, bool isEmpty)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(options.MessageMaxBytes + 1);
        try
        {
            var length = 0;
            for (var isWhole = isEmpty; !isWhole;)
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(length, options.MessageMaxBytes + 1 - length), CancellationToken.None);
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

            return await Handle(handle, buffer.AsMemory(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask<CloseReason?> Handle(Func<ClientFrame, ValueTask> handle, ReadOnlyMemory<byte> message)
    {
        if (!_rate.Allows())
        {
            return CloseReason.TooFast;
        }

        if (!Utf8.IsValid(message.Span))
        {
            return CloseReason.BadText;
        }

        if (version.Parse(message) is not { } frame)
        {
            return CloseReason.BadFrame;
        }

        await handle(frame);
        return null;
    }
}
