using RigKafka.Connections;

namespace RigKafka.Tests.Delivery;

/// <summary>A client's socket: takes as much as the client reads, and keeps it until the story looks at it.</summary>
internal sealed class StoryWire : Wire
{
    private readonly Lock _lock = new();
    private readonly List<byte> _taken = [];
    private TaskCompletionSource<int>? _waiting;
    private ReadOnlyMemory<byte> _offered;
    private long _room = long.MaxValue;
    private bool _gone;

    public override bool HoldsBytes => true;

    /// <summary>Whether the client reads all that comes.</summary>
    public bool ReadsAll => Volatile.Read(ref _room) == long.MaxValue;

    /// <summary>What was taken since the last look.</summary>
    public byte[] Look()
    {
        lock (_lock)
        {
            byte[] taken = [.. _taken];
            _taken.Clear();
            return taken;
        }
    }

    /// <summary>Puts bytes before all that follows.</summary>
    public void Put(byte[] bytes)
    {
        lock (_lock)
        {
            _taken.AddRange(bytes);
        }
    }

    /// <summary>From now on it reads so many bytes.</summary>
    public void Read(long bytes)
    {
        lock (_lock)
        {
            _room = bytes;
            if (_waiting is { } waiting && _room > 0)
            {
                _waiting = null;
                waiting.SetResult(Take(_offered.Span));
            }
        }
    }

    public override void Abort()
    {
        lock (_lock)
        {
            _gone = true;
            _waiting?.SetResult(-1);
            _waiting = null;
        }
    }

    public override int TryWrite(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            return _gone ? -1 : Take(bytes);
        }
    }

    public override ValueTask<int> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        lock (_lock)
        {
            if (_gone || _room > 0)
            {
                return ValueTask.FromResult(_gone ? -1 : Take(bytes.Span));
            }

            _offered = bytes;
            _waiting = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask<int>(_waiting.Task);
        }
    }

    private int Take(ReadOnlySpan<byte> bytes)
    {
        var taken = (int)Math.Min(_room, bytes.Length);
        _room -= _room == long.MaxValue ? 0 : taken;
        _taken.AddRange(bytes[..taken]);
        return taken;
    }
}
