namespace RigKafka.IntegrationTests.Faults;

/// <summary>The nodes of a traffic, and what happens to them.</summary>
/// <param name="settings">Their settings.</param>
/// <param name="tell">Hears what happens.</param>
internal sealed class ResumeTrafficNodes(IReadOnlyDictionary<string, string> settings, Action<string> tell) : IAsyncDisposable
{
    private const int Nodes = 3;

    private readonly List<ResumeTrafficNode> _nodes = [];
    private readonly List<ResumeTrafficNode> _started = [];
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _starting = new(1);

    /// <summary>How many missed messages they have given to clients, those that were there at a good end.</summary>
    public long Replayed { get; private set; }

    /// <summary>What every node that there was has said, after its address.</summary>
    public IEnumerable<string> Logs => _started.SelectMany(node => node.Log.Prepend($"{node.External}:"));

    /// <summary>Lines of their logs that nothing explains.</summary>
    public IEnumerable<string> Errors => _started.SelectMany(node => node.Errors);

    public async Task Start()
    {
        _started.AddRange(await Task.WhenAll(Enumerable.Range(0, Nodes).Select(_ => ResumeTrafficNode.Start(settings))));
        _nodes.AddRange(_started);
    }

    /// <summary>Any node; or one that does not hang.</summary>
    public ResumeTrafficNode Any(Random random, bool isAwake = false)
    {
        lock (_lock)
        {
            List<ResumeTrafficNode> nodes = [.. _nodes.Where(node => !isAwake || !node.Hangs)];
            return nodes[random.Next(nodes.Count)];
        }
    }

    /// <summary>One node after the other is stopped, or killed, and another one starts.</summary>
    public async Task Roll(Random random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(random.Next(500, 3_000), CancellationToken.None);
            var isKilled = random.Next(3) == 0;
            await WhileNoneStarts(() => RollOne(Take(random), isKilled));
        }
    }

    /// <summary>One node after the other hangs for a moment.</summary>
    public async Task Hang(Random random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(random.Next(100, 3_000), CancellationToken.None);
            ResumeTrafficNode node;
            lock (_lock)
            {
                node = Any(random);
                node.Hang(true);
            }

            var moment = random.Next(50, 3_000);
            tell($"{node.External} hangs for {moment} ms");
            await Task.Delay(moment, CancellationToken.None);
            node.Hang(false);
        }
    }

    public async Task WhileNoneStarts(Func<Task> something)
    {
        await _starting.WaitAsync();
        try
        {
            await something();
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Waits until all have read a source topic up to these offsets.</summary>
    public async Task HaveRead(uint epoch, long[] next)
    {
        foreach (var node in _nodes)
        {
            await Wait.Until(async () => await node.HasRead(epoch, next), $"{node.External} has read everything");
        }
    }

    /// <summary>Counts what those that are there at the end have done.</summary>
    public async Task Count()
    {
        foreach (var node in _nodes)
        {
            await Count(node);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // A test that fails may leave a node that is just starting.
        foreach (var node in _nodes.ToArray())
        {
            await node.DisposeAsync();
        }

        _starting.Dispose();
    }

    private ResumeTrafficNode Take(Random random)
    {
        lock (_lock)
        {
            var node = Any(random, isAwake: true);
            _nodes.Remove(node);
            return node;
        }
    }

    private async Task RollOne(ResumeTrafficNode node, bool isKilled)
    {
        tell($"{node.External} {(isKilled ? "is killed" : "stops")}");
        await Count(node);
        await node.End(isKilled);
        await node.DisposeAsync();
        var started = await ResumeTrafficNode.Start(settings);
        tell($"{started.External} is ready");
        _started.Add(started);
        lock (_lock)
        {
            _nodes.Add(started);
        }
    }

    private async Task Count(ResumeTrafficNode node) => Replayed += await node.Replayed();
}
