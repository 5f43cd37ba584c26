using System.Text;
using RigKafka.Connections;

namespace RigKafka.Tests.Support;

/// <summary>A client that reads as the test says: everything, so many bytes, nothing; or that is gone. It finds fault with two writes at a time.</summary>
internal sealed class FakeWire : Wire
{
    private readonly Lock _lock = new();
    private readonly List<byte> _taken = [];
    private readonly List<(int Lines, TaskCompletionSource Done)> _watchers = [];
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<int>? _waiting;
    private ReadOnlyMemory<byte> _offered;
    private long _room;
    private bool _gone;
    private int _lines;

    public FakeWire(long room = long.MaxValue) => _room = room;

    /// <summary>Completes when the server breaks the connection off.</summary>
    public Task Aborted => _aborted.Task;

    public string? Fault { get; private set; }

    public int Bytes
    {
        get
        {
            lock (_lock)
            {
                return _taken.Count;
            }
        }
    }

    /// <summary>All that was taken so far.</summary>
    public string Text
    {
        get
        {
            lock (_lock)
            {
                return Encoding.UTF8.GetString([.. _taken]);
            }
        }
    }

    /// <summary>All complete lines taken so far.</summary>
    public string[] Lines => Text.Split('\n')[..^1];

    /// <summary>The lines, once there are so many.</summary>
    public async Task<string[]> Take(int lines)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_lines >= lines)
            {
                done.SetResult();
            }

            _watchers.Add((lines, done));
        }

        await done.Task.Soon();
        return Lines;
    }

    /// <summary>Reads so many bytes more.</summary>
    public void Read(long bytes)
    {
        lock (_lock)
        {
            _room = bytes == long.MaxValue ? bytes : _room + bytes;
            if (_waiting is { } waiting && _room > 0)
            {
                _waiting = null;
                waiting.SetResult(Take(_offered.Span));
            }
        }
    }

    /// <summary>From now on it reads so many bytes only.</summary>
    public void Limit(long bytes)
    {
        lock (_lock)
        {
            _room = bytes;
        }
    }

    public void ReadAll() => Read(long.MaxValue);

    /// <summary>The client goes away.</summary>
    public void Break()
    {
        lock (_lock)
        {
            _gone = true;
            _waiting?.SetResult(-1);
            _waiting = null;
        }
    }

    public override bool HoldsBytes => true;

    public override int TryWrite(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            Check(bytes.Length);
            return _gone ? -1 : Take(bytes);
        }
    }

    public override ValueTask<int> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        lock (_lock)
        {
            Check(bytes.Length);
            if (_gone || _room > 0)
            {
                return ValueTask.FromResult(_gone ? -1 : Take(bytes.Span));
            }

            _offered = bytes;
            _waiting = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask<int>(_waiting.Task);
        }
    }

    public override void Abort()
    {
        Break();
        _aborted.TrySetResult();
    }

    private int Take(ReadOnlySpan<byte> bytes)
    {
        var taken = (int)Math.Min(_room, bytes.Length);
        _room -= _room == long.MaxValue ? 0 : taken;
        _taken.AddRange(bytes[..taken]);
        _lines += bytes[..taken].Count((byte)'\n');
        foreach (var (lines, done) in _watchers)
        {
            if (lines <= _lines)
            {
                done.TrySetResult();
            }
        }

        return taken;
    }

    private void Check(int length)
    {
        if (_waiting is not null)
        {
            Fault ??= "a write while another one was under way";
        }

        if (length == 0)
        {
            Fault ??= "a write of nothing";
        }
    }
}
