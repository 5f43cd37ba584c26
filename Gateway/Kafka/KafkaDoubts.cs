namespace RigKafka.Kafka;

/// <summary>
/// Which source topics may have been deleted and created again since this node last looked. For the one thread that reads.
/// </summary>
internal sealed class KafkaDoubts(int sourceTopics, TimeProvider time)
{
    /// <summary>After so long without a record, the next may come from a topic that was created again.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    private readonly long[] _recordAt = new long[sourceTopics];
    private readonly int[] _settled = new int[sourceTopics];
    private int _raised;

    /// <summary>A connection or a read failed: this node may have missed that a topic was created again. From any thread.</summary>
    public void Raise() => Interlocked.Increment(ref _raised);

    /// <summary>Whether a record of a source topic must wait for a look at the topic.</summary>
    /// <param name="index">The index of the source topic.</param>
    /// <param name="at">When the record was fetched.</param>
    public bool Has(int index, long at) =>
        _settled[index] != Volatile.Read(ref _raised) || time.GetElapsedTime(_recordAt[index], at) > Silence;

    /// <param name="index">The index of its source topic.</param>
    /// <param name="at">When it was fetched.</param>
    public void RecordRead(int index, long at) => _recordAt[index] = at;

    /// <param name="index">The index of the source topic.</param>
    /// <param name="look">Looks at it. A doubt that is raised meanwhile needs another look.</param>
    public void Settle(int index, Action look)
    {
        var raised = Volatile.Read(ref _raised);
        look();
        _settled[index] = raised;
        RecordRead(index, time.GetTimestamp());
    }
}
