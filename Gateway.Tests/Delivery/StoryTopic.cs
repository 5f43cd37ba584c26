using System.Text;

namespace RigKafka.Tests.Delivery;

/// <summary>A source topic of a story: what brokers keep of it. It grows, forgets, gets partitions, and is created again.</summary>
/// <param name="truth">Is told of everything.</param>
/// <param name="epoch">Its first incarnation.</param>
/// <param name="partitions">How many partitions it has at first.</param>
internal sealed class StoryTopic(ResumeTruth truth, uint epoch, int partitions)
{
    /// <summary>How far apart the epochs of two incarnations are: as many topics can be told apart.</summary>
    private const uint NextEpoch = 10;

    private List<StoryPartition> _partitions = [.. Enumerable.Range(0, partitions).Select(_ => new StoryPartition())];

    public uint Epoch { get; private set; } = epoch;

    public IReadOnlyList<StoryPartition> Partitions => _partitions;

    public long[] Ends => [.. _partitions.Select(partition => (long)partition.Values.Count)];

    public long[] Firsts => [.. _partitions.Select(partition => partition.First)];

    public void Write(int partition, string user, long number, int pad, bool isTooLarge)
    {
        var json = TestNode.Json(user, (int)number, pad);
        truth.Write(new WrittenMessage(
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
        truth.Remove(new ResumePlace(Epoch, partition), first);
    }

    public void AddPartition() => _partitions.Add(new StoryPartition());

    public void CreateAgain(int partitions)
    {
        truth.Delete(Epoch);
        Epoch += NextEpoch;
        _partitions = [.. Enumerable.Range(0, partitions).Select(_ => new StoryPartition())];
    }
}

/// <summary>A partition: what stands at each offset, null for a marker, and from where on it is still there.</summary>
internal sealed class StoryPartition
{
    public List<byte[]?> Values { get; } = [];

    public long First { get; set; }
}
