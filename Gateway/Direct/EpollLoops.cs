namespace RigKafka.Direct;

/// <summary>The loops of this node, one for each core.</summary>
internal sealed class EpollLoops(ILogger<EpollLoop> logger) : IDisposable
{
    private readonly EpollLoop[] _all =
        [.. Enumerable.Range(0, Environment.ProcessorCount).Select(number => new EpollLoop(number, logger))];

    private int _last;

    /// <summary>Each in turn.</summary>
    public EpollLoop Next() => _all[(uint)Interlocked.Increment(ref _last) % _all.Length];

    public void Dispose() => Array.ForEach(_all, loop => loop.Dispose());
}
