using RigKafka.IntegrationTests.Kafka;
using RigKafka.Messages;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>What happens to the nodes and the source topics of a traffic, one thing after the other as the seed says.</summary>
/// <param name="topics">How the topics are changed.</param>
/// <param name="sourceTopics">The source topics: the first one changes, the others only grow.</param>
/// <param name="settings">Those of the nodes.</param>
/// <param name="random">The seed.</param>
internal sealed class ResumeTrafficFaults(
    TestTopics topics, IReadOnlyList<string> sourceTopics, IReadOnlyDictionary<string, string> settings, Random random) : IAsyncDisposable
{
    private const int Nodes = 3;
    private const int MostPartitions = 6;

    private readonly List<ResumeTrafficNode> _nodes = [];
    private readonly List<ResumeTap> _taps = [];
    private readonly Dictionary<int, long> _first = [];
    private readonly Lock _lock = new();

    /// <summary>Held while somebody publishes: nobody does while a topic is created again, so that all that was in it is known.</summary>
    public SemaphoreSlim Publishing { get; } = new(1);

    public ResumeTruth Truth { get; } = new();

    public long Replayed { get; private set; }

    /// <summary>What has happened.</summary>
    public List<string> Told { get; } = [];

    /// <summary>Lines of the nodes' logs that nothing explains.</summary>
    public List<string> Errors { get; } = [];

    public async Task Begin()
    {
        foreach (var topic in sourceTopics)
        {
            _taps.Add(await ResumeTap.Open(topics, topic, Truth));
        }

        foreach (var compacted in _taps.Skip(1))
        {
            Truth.Compact(compacted.Epoch);
        }

        for (var i = 0; i < Nodes; i++)
        {
            _nodes.Add(await ResumeTrafficNode.Start(settings));
        }
    }

    /// <summary>Any node; or one that does not hang.</summary>
    public ResumeTrafficNode Any(Random which, bool isAwake = false)
    {
        lock (_lock)
        {
            List<ResumeTrafficNode> nodes = [.. _nodes.Where(node => !isAwake || !node.Hangs)];
            return nodes[which.Next(nodes.Count)];
        }
    }

    /// <summary>Nodes are rolled, and nothing else happens.</summary>
    public Task Roll(CancellationToken stop) => Repeat(RollOne, stop, 500, 3_000);

    /// <summary>Everything happens.</summary>
    public Task Trouble(CancellationToken stop) => Repeat(DoSomething, stop, 100, 1_200);

    /// <summary>All is well from here on. Returns where the log ends; nothing may be published any more.</summary>
    public async Task<Position> Heal()
    {
        _nodes.Where(node => node.Hangs).ToList().ForEach(node => node.Hang(false));
        var end = new Position(_taps.Count);
        foreach (var (index, tap) in _taps.Index())
        {
            await tap.ReadToTheEnd();
            end.Place(index, tap.Epoch, tap.Next);
        }

        return end;
    }

    public async Task Count()
    {
        foreach (var node in _nodes)
        {
            await Count(node);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _taps.ForEach(tap => tap.Dispose());
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        Publishing.Dispose();
    }

    private async Task Repeat(Func<Task> something, CancellationToken stop, int least, int most)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(random.Next(least, most), CancellationToken.None);
            await something();
        }
    }

    private Task DoSomething() => random.Next(12) switch
    {
        < 4 => HangOrGoOn(),
        < 7 => RollOne(),
        < 10 => RemoveRecords(),
        10 => AddPartition(),
        _ => CreateAgain(),
    };

    private Task HangOrGoOn()
    {
        var hanging = _nodes.Find(node => node.Hangs);
        var node = hanging ?? Any(random);
        Tell($"{node.External} {(hanging is null ? "hangs" : "goes on")}");
        // A rewind that was under way may find that its answer is late.
        Truth.WasAway = true;
        node.Hang(hanging is null);
        return Task.CompletedTask;
    }

    private async Task RollOne()
    {
        var stopping = Any(random, isAwake: true);
        lock (_lock)
        {
            _nodes.Remove(stopping);
        }

        var isKilled = random.Next(3) == 0;
        Tell($"{stopping.External} {(isKilled ? "is killed" : "stops")}");
        await Count(stopping);
        await stopping.End(isKilled);
        await stopping.DisposeAsync();
        var started = await ResumeTrafficNode.Start(settings);
        lock (_lock)
        {
            _nodes.Add(started);
        }
    }

    private async Task RemoveRecords()
    {
        var next = _taps[0].Next;
        var partition = random.Next(next.Length);
        var first = _first.GetValueOrDefault(partition);
        var before = first + random.NextInt64(Math.Max(0, next[partition] - first) + 1);
        if (before == first)
        {
            return;
        }

        Tell($"partition {partition} begins at {before}");
        _first[partition] = before;
        lock (Truth)
        {
            Truth.Remove(new ResumePlace(_taps[0].Epoch, partition), before);
        }

        await topics.DeleteRecords(sourceTopics[0], partition, before);
    }

    private async Task AddPartition()
    {
        var partitions = _taps[0].Next.Length + 1;
        if (partitions <= MostPartitions)
        {
            Tell($"{partitions} partitions");
            await topics.AddPartitions(sourceTopics[0], partitions);
            await Wait.Until(() => topics.PartitionsOf(sourceTopics[0]) == partitions, "the partition is there");
            _taps[0].Extend(partitions);
        }
    }

    private async Task CreateAgain()
    {
        await Publishing.WaitAsync();
        try
        {
            Tell("created again");
            await _taps[0].ReadToTheEnd();
            _taps[0].Dispose();
            lock (Truth)
            {
                Truth.Delete(_taps[0].Epoch);
            }

            var epoch = _taps[0].Epoch;
            await topics.Delete(sourceTopics[0]);
            await topics.CreateAgain(sourceTopics[0], random.Next(1, 4));
            _first.Clear();
            _taps[0] = await ResumeTap.Open(topics, sourceTopics[0], Truth, epoch);
        }
        finally
        {
            Publishing.Release();
        }
    }

    private async Task Count(ResumeTrafficNode node)
    {
        Replayed += await node.Replayed();
        Errors.AddRange(node.Errors);
    }

    private void Tell(string what) => Told.Add(what);
}
