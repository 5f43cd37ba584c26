using RigKafka.IntegrationTests.Kafka;
using RigKafka.Kafka;
using RigKafka.Messages;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>What happens to the source topics of a traffic: the first one changes, the others are compacted.</summary>
/// <param name="topics">How the topics are changed.</param>
/// <param name="sourceTopics">The source topics.</param>
/// <param name="nodes">Those that read them.</param>
/// <param name="tell">Hears what happens.</param>
internal sealed class ResumeTrafficTopics(
    TestTopics topics, IReadOnlyList<string> sourceTopics, ResumeTrafficNodes nodes, Action<string> tell) : IDisposable
{
    private const int Publishers = 3;
    private const int MostPartitions = 6;
    private const int MostLooks = 5;

    /// <summary>With fewer records a log has no segment yet that can be compacted.</summary>
    private const int LeastToCompact = 100;
    private const string CompactionLag = "min.compaction.lag.ms";

    private static readonly TimeSpan Suspicion = KafkaDoubts.Silence + TimeSpan.FromMilliseconds(500);

    private readonly List<ResumeTap> _taps = [];

    /// <summary>Where each partition of the first one begins.</summary>
    private readonly Dictionary<int, long> _first = [];
    private readonly SemaphoreSlim _publishing = new(Publishers);

    public ResumeTruth Truth { get; } = new();

    public async Task Open()
    {
        foreach (var topic in sourceTopics)
        {
            _taps.Add(await ResumeTap.Open(topics, topic, Truth));
        }

        foreach (var compacted in _taps.Skip(1))
        {
            Truth.Compact(compacted.Epoch);
        }
    }

    /// <summary>Publishes something, and waits until it stands in the log or will not.</summary>
    public async Task Publish(Func<Task> publish)
    {
        await _publishing.WaitAsync();
        try
        {
            await publish();
        }
        finally
        {
            _publishing.Release();
        }
    }

    public async Task Change(Random random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(random.Next(200, 1_500), CancellationToken.None);
            await (random.Next(10) switch
            {
                < 5 => RemoveRecords(random),
                < 7 => AddPartition(),
                7 => Compact(),
                _ => CreateAgain(random.Next(1, 4)),
            });
        }
    }

    /// <summary>Where the log ends; nothing may be published any more.</summary>
    public async Task<Position> End()
    {
        var end = new Position(_taps.Count);
        foreach (var (index, tap) in _taps.Index())
        {
            await tap.ReadToTheEnd();
            end.Place(index, tap.Epoch, tap.Next);
        }

        return end;
    }

    public void Dispose()
    {
        _taps.ForEach(tap => tap.Dispose());
        _publishing.Dispose();
    }

    /// <summary>Retention passes by.</summary>
    private async Task RemoveRecords(Random random)
    {
        var next = _taps[0].Next;
        var partition = random.Next(next.Length);
        var first = _first.GetValueOrDefault(partition);
        var before = first + random.NextInt64(next[partition] - first + 1);
        if (before == first)
        {
            return;
        }

        tell($"partition {partition} begins at {before}");
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
            tell($"{partitions} partitions");
            await topics.AddPartitions(sourceTopics[0], partitions);
            await Wait.Until(() => topics.PartitionsOf(sourceTopics[0]) == partitions, "the partition is there");
            _taps[0].Extend(partitions);
        }
    }

    /// <summary>
    /// Nobody publishes meanwhile, so that all that was in the topic is known; and no node starts, which would create the topic itself. It
    /// stays quiet for as long as a node needs to suspect it: one that reads on at once where it was takes it for the same until it looks.
    /// </summary>
    private Task CreateAgain(int partitions) => nodes.WhileNoneStarts(() => WhileNobodyPublishes(async () =>
    {
        await _taps[0].ReadToTheEnd();
        await nodes.HaveRead(_taps[0].Epoch, _taps[0].Next);
        tell($"created again, with {partitions} partitions");
        var quiet = Task.Delay(Suspicion);
        _taps[0].Dispose();
        lock (Truth)
        {
            Truth.Delete(_taps[0].Epoch);
            // A rewind that was under way finds no topic.
            Truth.WasAway = true;
        }

        await topics.Delete(sourceTopics[0]);
        await topics.CreateAgain(sourceTopics[0], partitions);
        _first.Clear();
        _taps[0] = await ResumeTap.Open(topics, sourceTopics[0], Truth, _taps[0].Epoch);
        await quiet;
    }));

    /// <summary>Once all nodes have read what is removed: nothing shows what a node has missed that was behind.</summary>
    private Task Compact() => nodes.WhileNoneStarts(() => WhileNobodyPublishes(async () =>
    {
        var (topic, tap) = (sourceTopics[1], _taps[1]);
        await tap.ReadToTheEnd();
        await nodes.HaveRead(tap.Epoch, tap.Next);
        var before = topics.CountRecords(topic);
        if (before < LeastToCompact)
        {
            return;
        }

        await topics.Configure(topic, CompactionLag, "0");
        var after = before;
        for (var looks = 0; looks < MostLooks && after == before; looks++)
        {
            await Task.Delay(200);
            after = topics.CountRecords(topic);
        }

        await topics.Configure(topic, CompactionLag, $"{TimeSpan.FromHours(1).TotalMilliseconds}");
        tell($"compacted: {after} of {before} records are left in partition 0");
    }));

    private async Task WhileNobodyPublishes(Func<Task> something)
    {
        for (var publisher = 0; publisher < Publishers; publisher++)
        {
            await _publishing.WaitAsync();
        }

        try
        {
            await something();
        }
        finally
        {
            _publishing.Release(Publishers);
        }
    }
}
