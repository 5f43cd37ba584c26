using System.Text;
using RigKafka.Connections;

namespace RigKafka.Tests.Connections;

/// <summary>A client that takes what it is sent, unless it is told to stop.</summary>
internal sealed class RecordingWire : Wire
{
    private readonly StringBuilder _text = new();
    private readonly TaskCompletionSource<int> _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool TakesNothing { get; set; }

    public bool IsAborted { get; private set; }

    public string Text
    {
        get
        {
            lock (_text)
            {
                return _text.ToString();
            }
        }
    }

    public override bool HoldsBytes => true;

    public override int TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (TakesNothing)
        {
            return 0;
        }

        lock (_text)
        {
            _text.Append(Encoding.UTF8.GetString(bytes));
        }

        return bytes.Length;
    }

    public override async ValueTask<int> WriteAsync(ReadOnlyMemory<byte> bytes) => await _waiting.Task;

    public override void Abort()
    {
        IsAborted = true;
        _waiting.TrySetResult(-1);
    }
}
