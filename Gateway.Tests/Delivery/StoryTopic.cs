using System.Text;

namespace RigKafka.Tests.Delivery;

/// <summary>
/// A source topic of a story: what brokers keep of it. It grows, forgets, loses its end, gets partitions, and is created again.
/// </summary>
internal sealed class StoryTopic
{
    /// <summary>How far apart the epochs of two incarnations are: as many topics can be told apart.</summary>
    private const uint NextEpoch = 10;

    private readonly ResumeTruth _truth;
    private List<StoryPartition> _partitions = [];

    /// <param name="truth">Is told of everything.</param>
    /// <param name="epoch">Its first incarnation.</param>
    /// <param name="partitions">How many partitions it has at first.</param>
    /// <param name="isCompacted">Whether it forgets records between others.</param>
    public StoryTopic(ResumeTruth truth, uint epoch, int partitions, bool isCompacted)
    {
        (_truth, IsCompacted) = (truth, isCompacted);
        Create(epoch, partitions);
    }

    public uint Epoch { get; private set; }

    public bool IsCompacted { get; }

    public IReadOnlyList<StoryPartition> Partitions => _partitions;

    public long[] Ends => [.. _partitions.Select(partition => (long)partition.Values.Count)];

    public long[] Firsts => [.. _partitions.Select(partition => partition.First)];

    public void Write(int partition, string user, long number, int pad, bool isTooLarge)
    {
        var json = TestNode.Json(user, (int)number, pad);
        _truth.Write(new WrittenMessage(
            new ResumePlace(Epoch, partition), _partitions[partition].Values.Count, user, number, json.Length, isTooLarge));
        _partitions[partition].Values.Add(Encoding.UTF8.GetBytes(json));
    }

    /// <summary>A record that is no message.</summary>
    public void WritePoison(int partition) => _partitions[partition].Values.Add("poison"u8.ToArray());

    /// <summary>An offset without a record, as transactions leave them.</summary>
    public void WriteMarker(int partition) => _partitions[partition].Values.Add(null);

    public void Remove(int partition, long first)
    {
        _partitions[partition].First = first;
        _truth.Remove(new ResumePlace(Epoch, partition), first);
    }

    /// <summary>Removes records before an offset: those that later ones have taken the place of.</summary>
    public void Compact(int partition, long before, Random random)
    {
        var values = _partitions[partition].Values;
        for (var offset = 0; offset < Math.Min(before, values.Count); offset++)
        {
            values[offset] = random.Next(4) == 0 ? null : values[offset];
        }
    }

    /// <summary>Loses everything from an offset on, as after an unclean election.</summary>
    public void Cut(int partition, long end)
    {
        _truth.Cut(new ResumePlace(Epoch, partition), end);
        _partitions[partition].Values.RemoveRange((int)end, (int)(_partitions[partition].Values.Count - end));
        _partitions[partition].Cuts.Add(end);
    }

    public void AddPartition() => _partitions.Add(new StoryPartition());

    public void CreateAgain(int partitions)
    {
        _truth.Delete(Epoch);
        Create(Epoch + NextEpoch, partitions);
    }

    private void Create(uint epoch, int partitions)
    {
        (Epoch, _partitions) = (epoch, [.. Enumerable.Range(0, partitions).Select(_ => new StoryPartition())]);
        if (IsCompacted)
        {
            _truth.Compact(epoch);
        }
    }
}

/// <summary>A partition: what stands at each offset, null for a marker, and from where on it is still there.</summary>
internal sealed class StoryPartition
{
    public List<byte[]?> Values { get; } = [];

    /// <summary>Where it has lost its end.</summary>
    public List<long> Cuts { get; } = [];

    public long First { get; set; }
}
