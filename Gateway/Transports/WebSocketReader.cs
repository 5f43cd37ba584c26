using System.Buffers;
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
    /// <summary>Enough for nearly every message.</summary>
    private const int FirstBuffer = 4096;

    private readonly ClientPace _pace = new(options, time);

    /// <summary>The frame whose payload is being read; control frames are read at once.</summary>
    private FrameHead _frame;

    /// <summary>How much of its payload has been read.</summary>
    private long _read;

    /// <summary>What there is of the message, rented.</summary>
    private byte[]? _message;
    private int _length;
    private ITimer? _limit;
    private bool _isAmidFrame;
    private bool _isAmidMessage;

    /// <summary>Whether the client has made a mistake: only its close counts any more.</summary>
    private bool _isOver;

    /// <summary>Whether it cannot be known where the next frame begins.</summary>
    private bool _isBroken;

    /// <summary>What the client's bytes have led to.</summary>
    private enum Step
    {
        /// <summary>More of them are needed.</summary>
        More,

        /// <summary>A message is whole.</summary>
        Message,

        /// <summary>The client has closed, or is gone.</summary>
        Closed,
    }

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
            for (var step = Step.More; step != Step.Closed;)
            {
                step = Look(await input.ReadAsync());
                if (step == Step.Message)
                {
                    await Handle(handle);
                    Release();
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // It is gone without a word.
        }
        finally
        {
            Release();
            _limit?.Dispose();
            connection.Close(CloseReason.ClientGone);
        }
    }

    /// <summary>Takes from what has come as much as leads to something.</summary>
    private Step Look(ReadResult read)
    {
        var rest = read.Buffer;
        var step = Take(ref rest);
        var taken = read.Buffer.Length - rest.Length;
        var isWaiting = step == Step.More && (_isAmidMessage || !rest.IsEmpty);
        input.AdvanceTo(rest.Start, step == Step.More ? rest.End : rest.Start);
        Limit(isWaiting && !_isOver);
        if (!_pace.AllowsBytes((int)taken))
        {
            End(CloseReason.TooFast);
        }

        return step == Step.More && read.IsCompleted ? Step.Closed : step;
    }

    private Step Take(ref ReadOnlySequence<byte> rest)
    {
        while (!_isBroken)
        {
            if (_isAmidFrame)
            {
                if (!TakePayload(ref rest))
                {
                    return Step.More;
                }

                if (_frame.IsFinal)
                {
                    _isAmidMessage = false;
                    return Step.Message;
                }
            }

            if (!FrameHead.TryRead(rest, out var head))
            {
                return Step.More;
            }

            if (!head.IsAllowed(_isAmidMessage))
            {
                Break();
            }
            else if (!head.IsControl)
            {
                Begin(head);
                rest = rest.Slice(head.Size);
            }
            else if (rest.Length < head.Size + head.Length)
            {
                return Step.More;
            }
            else if (TakeControl(head, ref rest))
            {
                return Step.Closed;
            }
        }

        rest = rest.Slice(rest.End);
        return Step.More;
    }

    private void Begin(in FrameHead head)
    {
        (_frame, _read, _isAmidFrame, _isAmidMessage) = (head, 0, true, true);
        if (head.Length > options.MessageMaxBytes - _length)
        {
            End(CloseReason.TooBig);
        }
    }

    /// <summary>False while the payload is not all there.</summary>
    private bool TakePayload(ref ReadOnlySequence<byte> rest)
    {
        var part = rest.Slice(0, Math.Min(rest.Length, _frame.Length - _read));
        if (!_isOver)
        {
            Add(part);
        }

        _read += part.Length;
        rest = rest.Slice(part.End);
        _isAmidFrame = _read < _frame.Length;
        return !_isAmidFrame;
    }

    private void Add(in ReadOnlySequence<byte> part)
    {
        var length = _length + (int)part.Length;
        if (_message is null || _message.Length < length)
        {
            var doubled = Math.Min(options.MessageMaxBytes, Math.Max(FirstBuffer, _length * 2));
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(doubled, length));
            _message.AsSpan(0, _length).CopyTo(larger);
            var added = _length;
            Release();
            (_message, _length) = (larger, added);
        }

        var room = _message.AsSpan(_length..length);
        part.CopyTo(room);
        FrameHead.Unmask(room, _frame.Mask, _read);
        _length = length;
    }

    /// <summary>True when the client has closed.</summary>
    private bool TakeControl(in FrameHead head, ref ReadOnlySequence<byte> rest)
    {
        Span<byte> payload = stackalloc byte[FrameHead.LongestControl];
        payload = payload[..(int)head.Length];
        rest.Slice(head.Size, head.Length).CopyTo(payload);
        rest = rest.Slice(head.Size + head.Length);
        FrameHead.Unmask(payload, head.Mask, 0);
        if (head.Opcode == WebSocketFrame.CloseOpcode)
        {
            return Close(payload);
        }

        if (head.Opcode == WebSocketFrame.PingOpcode && !_isOver)
        {
            Answer(payload);
        }

        return false;
    }

    private void Answer(ReadOnlySpan<byte> ping)
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

    /// <summary>Repeats the client's code, where it may use that (RFC 6455, section 7.4); without one it is the normal one.</summary>
    private bool Close(ReadOnlySpan<byte> payload)
    {
        if (WebSocketFrame.CloseCode(payload) is not { } code)
        {
            Break();
            return false;
        }

        connection.SendLast(WebSocketFrame.Close(code));
        return true;
    }

    /// <summary>The client has broken the rules of WebSocket itself. It gets no more than the code.</summary>
    private void Break()
    {
        _isBroken = _isOver = true;
        connection.SendLast(WebSocketFrame.Close(WebSocketFrame.ProtocolError));
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
    private void Limit(bool isWaiting)
    {
        if (isWaiting)
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

        _pace.Finish(_length);
        var message = _message.AsMemory(0, _length);
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

    private void Release()
    {
        if (_message is { } message)
        {
            _message = null;
            ArrayPool<byte>.Shared.Return(message);
        }

        _length = 0;
    }
}
