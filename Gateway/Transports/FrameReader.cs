using System.Buffers;
using RigKafka.Direct;

namespace RigKafka.Transports;

/// <summary>What a client's bytes have led to.</summary>
internal enum FrameStep
{
    /// <summary>More of them are needed.</summary>
    More,

    /// <summary>A message is whole.</summary>
    Message,

    /// <summary>The client asks whether the node is there.</summary>
    Ping,

    /// <summary>The client has closed.</summary>
    Close,

    /// <summary>A frame has begun that makes its message too large. What there is of it is passed over.</summary>
    TooBig,

    /// <summary>The client has broken the rules of WebSocket: all that follows is passed over.</summary>
    Broken,
}

/// <summary>Makes messages of a client's frames (RFC 6455, section 5). Between messages it holds no buffer.</summary>
/// <param name="messageMaxBytes">How large a message may be.</param>
internal struct FrameReader(int messageMaxBytes)
{
    /// <summary>The frame whose payload is being read; control frames are read at once.</summary>
    private FrameHead _frame;

    /// <summary>How much of its payload has been read.</summary>
    private long _read;
    private ReceiveBuffer _message;
    private bool _isAmidFrame;
    private bool _isTooBig;
    private bool _isBroken;

    /// <summary>Whether a message has begun and not ended.</summary>
    public bool IsAmidMessage { get; private set; }

    /// <summary>The message that is whole, until it is released.</summary>
    public readonly ReadOnlyMemory<byte> Message => _message.Sequence.First;

    public void Release() => _message.KeepLast(0);

    /// <summary>Takes from the bytes as much as leads to something.</summary>
    /// <param name="rest">The bytes; what is left of them afterwards.</param>
    /// <param name="control">The payload of a ping or a close.</param>
    public FrameStep Take(ref ReadOnlySequence<byte> rest, out byte[] control)
    {
        control = [];
        while (!_isBroken)
        {
            if (_isAmidFrame)
            {
                if (!TakePayload(ref rest))
                {
                    return FrameStep.More;
                }

                if (_frame.IsFinal)
                {
                    IsAmidMessage = false;
                    return FrameStep.Message;
                }
            }

            if (!FrameHead.TryRead(rest, out var head))
            {
                return FrameStep.More;
            }

            if (!head.IsAllowed(IsAmidMessage))
            {
                return Break();
            }

            if (head.IsControl)
            {
                if (rest.Length < head.Size + head.Length)
                {
                    return FrameStep.More;
                }

                var payload = rest.Slice(head.Size, head.Length);
                rest = rest.Slice(payload.End);
                if (head.Opcode != WebSocketFrame.PongOpcode)
                {
                    control = payload.ToArray();
                    FrameHead.Unmask(control, head.Mask, 0);
                    return head.Opcode == WebSocketFrame.PingOpcode ? FrameStep.Ping
                        : WebSocketFrame.CloseCode(control) is null ? Break() : FrameStep.Close;
                }
            }
            else if (!Begin(head, ref rest))
            {
                return FrameStep.TooBig;
            }
        }

        rest = rest.Slice(rest.End);
        return FrameStep.More;
    }

    /// <summary>False where the message becomes too large by this frame; once.</summary>
    private bool Begin(in FrameHead head, ref ReadOnlySequence<byte> rest)
    {
        rest = rest.Slice(head.Size);
        (_frame, _read, _isAmidFrame, IsAmidMessage) = (head, 0, true, true);
        if (_isTooBig || head.Length <= messageMaxBytes - _message.Length)
        {
            return true;
        }

        _isTooBig = true;
        return false;
    }

    /// <summary>False while the payload is not all there.</summary>
    private bool TakePayload(ref ReadOnlySequence<byte> rest)
    {
        var part = rest.Slice(0, Math.Min(rest.Length, _frame.Length - _read));
        rest = rest.Slice(part.End);
        foreach (var bytes in part)
        {
            if (!_isTooBig)
            {
                Add(bytes.Span);
            }

            _read += bytes.Length;
        }

        _isAmidFrame = _read < _frame.Length;
        return !_isAmidFrame;
    }

    private void Add(ReadOnlySpan<byte> bytes)
    {
        for (var start = _read; !bytes.IsEmpty;)
        {
            var room = _message.Room();
            room = room[..Math.Min(bytes.Length, room.Length)];
            bytes[..room.Length].CopyTo(room);
            FrameHead.Unmask(room, _frame.Mask, start);
            _message.Added(room.Length);
            start += room.Length;
            bytes = bytes[room.Length..];
        }
    }

    private FrameStep Break()
    {
        _isBroken = true;
        return FrameStep.Broken;
    }
}
