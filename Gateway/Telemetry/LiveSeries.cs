namespace RigKafka.Telemetry;

/// <summary>The value of a metric for one set of tags.</summary>
internal sealed class LiveSeries(KeyValuePair<string, object?>[] tags, double[]? bounds)
{
    private readonly long[] _hits = bounds is null ? [] : new long[bounds.Length + 1];
    private long _count;
    private double _value;

    public IReadOnlyList<KeyValuePair<string, object?>> Tags => tags;

    /// <summary>What was counted, or looked up last; of a histogram how many samples there are.</summary>
    public double Value => bounds is null ? Volatile.Read(ref _value) + Volatile.Read(ref _count) : Volatile.Read(ref _count);

    /// <summary>Whether the value was not there when it was looked for last.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>How often a bucket of the histogram was hit.</summary>
    public long Hits(int bucket) => Volatile.Read(ref _hits[bucket]);

    /// <summary>The value of a tag; empty for one that is not there.</summary>
    public string Tag(string name) => $"{Array.Find(tags, tag => tag.Key == name).Value}";

    public bool HasTags(ReadOnlySpan<KeyValuePair<string, object?>> others)
    {
        if (others.Length != tags.Length)
        {
            return false;
        }

        for (var i = 0; i < others.Length; i++)
        {
            if (others[i].Key != tags[i].Key || !Equals(others[i].Value, tags[i].Value))
            {
                return false;
            }
        }

        return true;
    }

    public void Set(double value)
    {
        Volatile.Write(ref _value, value);
        IsForgotten = false;
    }

    /// <summary>Counts a whole number, or takes a sample of the histogram.</summary>
    public void Add(double value)
    {
        if (bounds is null)
        {
            Interlocked.Add(ref _count, (long)value);
            return;
        }

        var bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref _hits[bucket]);
        Interlocked.Increment(ref _count);
    }
}
