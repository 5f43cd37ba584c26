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

    /// <summary>Hands over every message and says in the end why there are no more.</summary>
    public async Task<CloseReason> Read(Action<ClientFrame> handle)
    {
        try
        {
            while (true)
            {
                // A client says little: while it is silent it holds no buffer.
                var waited = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
                if (waited.MessageType == WebSocketMessageType.Close)
                {
                    await socket.CloseOutputAsync(socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                    return CloseReason.ClientGone;
                }

                if (await ReadOne(handle, waited.EndOfMessage) is { } reason)
                {
                    return reason;
                }
            }
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            return CloseReason.ClientGone;
        }
    }

    private async Task<CloseReason?> ReadOne(Action<ClientFrame> handle, bool isEmpty)
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

            return Handle(handle, buffer.AsMemory(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private CloseReason? Handle(Action<ClientFrame> handle, ReadOnlyMemory<byte> message)
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

        handle(frame);
        return null;
    }
}
