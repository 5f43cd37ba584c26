using System.IO.Pipelines;
using System.Text.Unicode;
using RigKafka.Channels;
using RigKafka.Connections;

namespace RigKafka.Transports;

/// <summary>
/// Reads a WebSocket client's frames (RFC 6455) and hands over its messages, one after the other, until the client or its mistake ends
/// them. A client that is silent holds no buffer here.
/// </summary>
/// <param name="input">What the client sends.</param>
/// <param name="connection">The connection, on which pings and closes are answered.</param>
/// <param name="codec">How the client writes.</param>
/// <param name="options">How large a message may be, how long it may take, and how many may come.</param>
/// <param name="time">The clock.</param>
internal sealed class WebSocketReader(
    PipeReader input, Connection connection, ChannelCodec codec, ChannelOptions options, TimeProvider time)
{
    private readonly ClientPace _pace = new(options, time);
    private FrameReader _frames = new(options.MessageMaxBytes);
    private ITimer? _limit;

    /// <summary>Whether the client has made a mistake: only its close counts any more.</summary>
    private bool _isOver;

    /// <summary>
    /// Hands over every message, each when the one before is done. Completes when the client has closed or is gone; a mistake of the client
    /// ends the connection before.
    /// </summary>
    public async Task Read(Func<ClientFrame, ValueTask> handle)
    {
        // Of a client that never pauses every read has something at once: it would keep the caller for as long.
        await Task.Yield();
        try
        {
            for (var step = FrameStep.More; step != FrameStep.Close;)
            {
                step = Look(await input.ReadAsync());
                if (step == FrameStep.Message)
                {
                    await Handle(handle);
                    _frames.Release();
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // It is gone without a word.
        }
        finally
        {
            _frames.Release();
            _limit?.Dispose();
            connection.Close(CloseReason.ClientGone);
        }
    }

    /// <summary>Takes from what has come as much as leads to something, and answers where that is no message.</summary>
    private FrameStep Look(ReadResult read)
    {
        var rest = read.Buffer;
        var step = _frames.Take(ref rest, out var control);
        var taken = (int)(read.Buffer.Length - rest.Length);
        var hasBegun = _frames.IsAmidMessage || (step == FrameStep.More && !rest.IsEmpty);
        input.AdvanceTo(rest.Start, step == FrameStep.More ? rest.End : rest.Start);
        Limit(hasBegun && !_isOver);
        if (!_pace.AllowsBytes(taken))
        {
            End(CloseReason.TooFast);
        }

        switch (step)
        {
            case FrameStep.Ping when !_isOver:
                Answer(control);
                break;
            case FrameStep.TooBig:
                End(CloseReason.TooBig);
                break;
            case FrameStep.Close:
                connection.SendLast(WebSocketFrame.Close(WebSocketFrame.CloseCode(control)!.Value));
                break;
            case FrameStep.Broken:
                // It gets no more than the code.
                _isOver = true;
                connection.SendLast(WebSocketFrame.Close(WebSocketFrame.ProtocolError));
                break;
        }

        return step == FrameStep.More && read.IsCompleted ? FrameStep.Close : step;
    }

    private void Answer(byte[] ping)
    {
        if (_pace.AllowsMessage())
        {
            connection.Send(WebSocketFrame.Pong(ping));
        }
        else
        {
            End(CloseReason.TooFast);
        }
    }

    /// <summary>Once: the delivery loop need not know that the client goes on like that.</summary>
    private void End(CloseReason reason)
    {
        if (!_isOver)
        {
            _isOver = true;
            connection.Close(reason);
        }
    }

    /// <summary>Has a message that does not come at once end in time.</summary>
    private void Limit(bool hasBegun)
    {
        if (hasBegun)
        {
            _limit ??= time.CreateTimer(_ => connection.Close(CloseReason.Unfinished), null, options.MessageTimeout, Timeout.InfiniteTimeSpan);
        }
        else if (_limit is not null)
        {
            _limit.Dispose();
            _limit = null;
        }
    }

    private async ValueTask Handle(Func<ClientFrame, ValueTask> handle)
    {
        if (_isOver)
        {
            return;
        }

        var message = _frames.Message;
        _pace.Finish(message.Length);
        if (!_pace.AllowsMessage())
        {
            End(CloseReason.TooFast);
        }
        else if (!Utf8.IsValid(message.Span))
        {
            End(CloseReason.BadText);
        }
        else if (codec.Parse(message) is not { } frame)
        {
            End(CloseReason.BadFrame);
        }
        else
        {
            await handle(frame);
        }
    }
}
