using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using NUnit.Framework;
using RigKafka.Log;

namespace RigKafka.Tests.Support;

/// <summary>Reads a log in the background and keeps what comes; it can be held up like a node that is behind.</summary>
internal sealed class RecordingReader : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<LogRecord> _records = Channel.CreateUnbounded<LogRecord>();
    private readonly Channel<LogPlacement> _placements = Channel.CreateUnbounded<LogPlacement>();
    private volatile TaskCompletionSource? _held;
    private int _inside;

    public RecordingReader(IMessageLog log, bool held = false)
    {
        if (held)
        {
            Hold();
        }

        Reading = log.Read(new LogReader(OnRecord, OnPlaced), _stop.Token);
    }

    public Task Reading { get; }

    public ConcurrentQueue<string> Faults { get; } = [];

    public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetGo() => _held!.SetResult();

    public Task<LogPlacement> NextPlacement() => _placements.Reader.ReadAsync().Soon();

    public Task<LogRecord> NextRecord() => _records.Reader.ReadAsync().Soon();

    public async Task<string> NextText() => Encoding.UTF8.GetString((await NextRecord()).Value!);

    public async Task<string[]> NextTexts(int count)
    {
        var texts = new string[count];
        for (var i = 0; i < count; i++)
        {
            texts[i] = await NextText();
        }

        return texts;
    }

    public bool HasMore => _records.Reader.TryPeek(out _);

    public async Task Stop()
    {
        await _stop.CancelAsync();
        await Reading.Soon();
    }

    public async ValueTask DisposeAsync()
    {
        _held?.TrySetResult();
        await Stop();
        _stop.Dispose();
        Assert.That(Faults, Is.Empty);
    }

    private async ValueTask OnRecord(LogRecord record)
    {
        if (Interlocked.Increment(ref _inside) != 1)
        {
            Faults.Enqueue("two records at a time");
        }

        if (_held is { } held)
        {
            await held.Task;
        }

        _records.Writer.TryWrite(record.Kept());
        Interlocked.Decrement(ref _inside);
    }

    private void OnPlaced(LogPlacement placement)
    {
        if (Volatile.Read(ref _inside) != 0)
        {
            Faults.Enqueue("placed while a record was read");
        }

        _placements.Writer.TryWrite(placement);
    }
}
