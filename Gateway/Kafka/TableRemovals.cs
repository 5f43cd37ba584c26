namespace RigKafka.Kafka;

/// <summary>When keys of a table were removed, as long as the topic keeps its removals. For one thread at a time.</summary>
internal sealed class TableRemovals(TimeProvider time)
{
    private readonly Dictionary<string, long> _written = [];
    private readonly Queue<(string Key, long Written, long Since)> _oldestFirst = new();

    /// <summary>For how long a removal is remembered.</summary>
    public TimeSpan Remembered { get; set; } = TimeSpan.FromHours(24);

    /// <summary>When the removal of a key was written; null when none is remembered.</summary>
    public long? Find(string key) => _written.TryGetValue(key, out var written) ? written : null;

    public void Remember(string key, long written)
    {
        var now = time.GetTimestamp();
        _written[key] = written;
        _oldestFirst.Enqueue((key, written, now));
        while (_oldestFirst.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Since, now) > Remembered)
        {
            _oldestFirst.Dequeue();
            if (Find(oldest.Key) == oldest.Written)
            {
                _written.Remove(oldest.Key);
            }
        }
    }

    /// <summary>There is an entry under the key again.</summary>
    public void Forget(string key) => _written.Remove(key);
}
