namespace RigKafka.Kafka;

/// <summary>Which source topics may have been deleted and created again since this node last knew better. Asked by the one thread that reads.</summary>
internal sealed class KafkaDoubts(int sourceTopics, TimeProvider time)
{
    /// <summary>After so long without a record, the next one may be of another incarnation.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    private readonly long[] _recordAt = new long[sourceTopics];
    private readonly int[] _settled = new int[sourceTopics];
    private int _raised;

    /// <summary>A connection failed, or what was read over it: nobody knows what this node did not see. By any thread.</summary>
    public void Raise() => Interlocked.Increment(ref _raised);

    /// <summary>Whether a record of a source topic must not be given out before a look at the topic.</summary>
    /// <param name="index">The index of the source topic.</param>
    /// <param name="seenAt">When the last look at it began, for whatever reason: against silence it counts as much as a record.</param>
    public bool Has(int index, long seenAt = long.MinValue) =>
        _settled[index] != Volatile.Read(ref _raised) || time.GetElapsedTime(Math.Max(_recordAt[index], seenAt)) > Silence;

    public void RecordRead(int index) => _recordAt[index] = time.GetTimestamp();

    /// <param name="index">The index of the source topic.</param>
    /// <param name="look">Has it looked at. What is raised meanwhile needs another look.</param>
    public void Settle(int index, Action look)
    {
        var raised = Volatile.Read(ref _raised);
        look();
        _settled[index] = raised;
        RecordRead(index);
    }
}
